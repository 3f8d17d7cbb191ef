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
    : options_(options), stop_(stop), logger_(logger), state_(ReadState()) {
  registry
      .AddGauge("pp_doclayout_memory_limit_bytes", "Resident memory over which the service drains and exits; 0: none.")
      .Set(static_cast<double>(options.limit_bytes));
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

void MemoryWatcher::Watch() {
  NameThread("memory");
  health::MemoryWatch watch(options_);
  for (;;) {
    Look(watch);
    const MutexLock lock(mutex_);
    if (!over_) ended_.WaitFor(mutex_, options_.limit_bytes > 0 ? kPeriod : kIdlePeriod);
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
  const Verdict verdict = watch.Look(state.resident_bytes, SteadyClock().Now());
  if (verdict == Verdict::kGood || asked_) return;
  asked_ = true;
  logger_.Write(LogLevel::kError, "memory_limit",
                {{"resident_bytes", static_cast<long long>(state.resident_bytes)},
                 {"limit_bytes", static_cast<long long>(options_.limit_bytes)},
                 {"reason", verdict == Verdict::kLeaking ? "it grows so fast that the kernel would soon end it"
                                                         : "it was over its limit for too long"}});
  stop_.Ask(StopCause::kMemory);
}

}  // namespace doclayout
