#include "health/gpu/gpu_telemetry.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "health/gpu/driver_thread.h"
#include "health/gpu/nvml_session.h"

namespace doclayout::health {
namespace {

/// For a thread that is told to end and does not hang: a reading takes some tens of milliseconds.
constexpr std::chrono::milliseconds kEndGrace{300};

/// Real time, for waiting: a condition variable knows no other.
TimePoint RealNow() {
  return SteadyClock().Now();
}

}  // namespace

/// What the readers and the thread share. Thread-safe. Outlives the telemetry where the thread hangs, so the clock is
/// touched only before `Stop`.
class GpuTelemetry::Shared {
 public:
  Shared(const Options& options, const Clock& clock)
      : period_(options.period), timeout_(options.timeout), clock_(clock), began_at_(clock.Now()) {}

  /// Blocks until the next reading is due. False: there is none, it is over.
  bool Begin() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    busy_ = false;
    const TimePoint due = RealNow() + period_;
    while (!stopped_ && !wanted_ && begun_ > 0) {
      const Duration left = due - RealNow();
      if (left <= Duration::zero()) break;
      wake_.WaitFor(mutex_, left);
    }
    if (stopped_) return false;
    wanted_ = false;
    busy_ = true;
    ++begun_;
    began_at_ = clock_.Now();
    return true;
  }

  void Publish(GpuState state) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (stopped_) return;
      if (state.condition == GpuCondition::kOk) {
        read_at_ = clock_.Now();
      } else if (state.condition != GpuCondition::kFailing) {
        read_at_.reset();
      }
      state_ = std::move(state);
      busy_ = false;
      ended_ = begun_;
    }
    refreshed_.NotifyAll();
  }

  GpuState Read() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return Look();
  }

  GpuState ReadFresh(Duration patience) EXCLUDES(mutex_) {
    const TimePoint until = RealNow() + patience;
    const MutexLock lock(mutex_);
    const std::uint64_t awaited = begun_ + 1;
    wanted_ = true;
    wake_.NotifyOne();
    while (ended_ < awaited && !IsHanging(clock_.Now())) {
      const TimePoint now = RealNow();
      if (now >= until) break;
      refreshed_.WaitFor(mutex_, std::min(until - now, timeout_));
    }
    return Look();
  }

  void Stop() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      stopped_ = true;
    }
    wake_.NotifyOne();
  }

 private:
  GpuState Look() const REQUIRES(mutex_) {
    const TimePoint now = clock_.Now();
    GpuState state = state_;
    if (read_at_) state.age = now - *read_at_;
    if (!IsHanging(now)) return state;
    const std::string silence = fmt::format("NVML has not answered for {:.0f} s", Milliseconds(now - began_at_) / 1000);
    if (state.condition == GpuCondition::kLost) {
      // Which is why NVML hangs.
      state.reason += ", and " + silence;
    } else {
      state.condition = GpuCondition::kHanging;
      state.reason = silence;
    }
    return state;
  }

  bool IsHanging(TimePoint now) const REQUIRES(mutex_) { return busy_ && now - began_at_ >= timeout_; }

  const Duration period_;
  const Duration timeout_;
  const Clock& clock_;

  CondVar wake_;
  CondVar refreshed_;

  mutable Mutex mutex_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool wanted_ GUARDED_BY(mutex_) = false;      ///< somebody waits for a reading
  bool busy_ GUARDED_BY(mutex_) = true;         ///< a reading is under way, or the thread has not come to it yet
  std::uint64_t begun_ GUARDED_BY(mutex_) = 0;  ///< readings
  std::uint64_t ended_ GUARDED_BY(mutex_) = 0;  ///< the number of the last one that ended
  TimePoint began_at_ GUARDED_BY(mutex_);
  std::optional<TimePoint> read_at_ GUARDED_BY(mutex_);
  GpuState state_ GUARDED_BY(mutex_);
};

GpuTelemetry::GpuTelemetry(const Options& options, const Clock& clock)
    : shared_(std::make_shared<Shared>(options, clock)) {
  std::promise<void> ended;
  ended_ = ended.get_future();
  NvmlSession::Options session{
      .nvml_path = options.nvml_path, .device_index = options.device_index, .visible_devices = options.visible_devices};
  // Touches nothing of the telemetry, which it may outlive.
  thread_ = std::thread([shared = shared_, session = std::move(session), ended = std::move(ended)]() mutable {
    BecomeDriverThread("gpu-telemetry");
    {
      NvmlSession nvml(std::move(session));
      while (shared->Begin()) shared->Publish(nvml.Refresh());
    }
    ended.set_value();
  });
}

GpuTelemetry::~GpuTelemetry() {
  shared_->Stop();
  if (ended_.wait_for(kEndGrace) == std::future_status::timeout) {
    thread_.detach();
    return;
  }
  thread_.join();
}

GpuState GpuTelemetry::Read() const {
  return shared_->Read();
}

GpuState GpuTelemetry::ReadFresh(Duration patience) const {
  return shared_->ReadFresh(patience);
}

}  // namespace doclayout::health
