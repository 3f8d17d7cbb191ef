#include "memory_watcher.h"

#include <chrono>

#include "base/clock.h"
#include "base/cpu.h"
#include "health/process.h"

namespace doclayout {
namespace {

/// A leak of gigabytes a second is seen before it fills what the limit leaves free.
constexpr std::chrono::milliseconds kPeriod{200};
/// Where there is no limit it is about what probes are told.
constexpr std::chrono::milliseconds kIdlePeriod{1000};

health::MemoryState ReadState() {
  health::MemoryState state{.resident_bytes = health::ResidentBytes(), .container = health::ReadContainerMemory()};
  if (!state.container) state.available_bytes = health::AvailableMemory();
  return state;
}

}  // namespace

MemoryWatcher::MemoryWatcher(const health::MemoryWatch::Options& options, metrics::Registry& registry,
                             StopRequest& stop, Logger& logger)
    : options_(options),
      limit_(registry.AddGauge("pp_doclayout_memory_limit_bytes",
                               "Resident memory over which the service drains and exits; 0: none.")),
      stop_(stop),
      logger_(logger),
      state_(ReadState()) {
  limit_.Set(static_cast<double>(limit_bytes()));
  thread_ = std::thread([this] { Watch(); });
}

MemoryWatcher::~MemoryWatcher() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
  }
  ended_.NotifyAll();
  thread_.join();
}

health::MemoryState MemoryWatcher::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

std::uint64_t MemoryWatcher::limit_bytes() const {
  return health::MemoryLimit(options_.most_bytes, state().container);
}

void MemoryWatcher::Watch() {
  NameThread("memory");
  health::MemoryWatch watch(options_);
  for (;;) {
    Look(watch);
    const bool limited = limit_bytes() > 0;
    const MutexLock lock(mutex_);
    if (!over_) ended_.WaitFor(mutex_, limited ? kPeriod : kIdlePeriod);
    if (over_) return;
  }
}

void MemoryWatcher::Look(health::MemoryWatch& watch) {
  using Verdict = health::MemoryWatch::Verdict;
  const health::MemoryState state = ReadState();
  {
    const MutexLock lock(mutex_);
    state_ = state;
  }
  const std::uint64_t limit = health::MemoryLimit(options_.most_bytes, state.container);
  limit_.Set(static_cast<double>(limit));
  const Verdict verdict = watch.Look(state, SteadyClock().Now());
  if (verdict == Verdict::kGood || asked_) return;
  asked_ = true;
  logger_.Write(LogLevel::kError, "memory_limit",
                {{"resident_bytes", static_cast<long long>(state.resident_bytes)},
                 {"limit_bytes", static_cast<long long>(limit)},
                 {"reason", verdict == Verdict::kLeaking ? "it grows so fast that the kernel would soon end it"
                                                         : "it was over its limit for too long"}});
  stop_.Ask(StopCause::kMemory);
}

}  // namespace doclayout
