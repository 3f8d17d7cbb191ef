#include "memory_watcher.h"

#include <chrono>

#include "base/clock.h"
#include "health/health.h"

namespace doclayout {
namespace {

/// A leak of gigabytes a second is seen before it fills what the limit leaves free.
constexpr std::chrono::milliseconds kPeriod{200};

}  // namespace

MemoryWatcher::MemoryWatcher(const health::MemoryWatch::Options& options, metrics::Registry& registry,
                             StopRequest& stop, Logger& logger)
    : stop_(stop), logger_(logger) {
  registry
      .AddGauge("pp_doclayout_memory_limit_bytes", "Resident memory over which the service drains and exits; 0: none.")
      .Set(static_cast<double>(options.limit_bytes));
  if (options.limit_bytes > 0) thread_ = std::thread([this, options] { Watch(options); });
}

MemoryWatcher::~MemoryWatcher() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
  }
  ended_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void MemoryWatcher::Watch(const health::MemoryWatch::Options& options) {
  const SteadyClock clock;
  health::MemoryWatch watch(options);
  const MutexLock lock(mutex_);
  while (!over_) {
    const double resident = health::ResidentBytes();
    if (watch.Look(resident, clock.Now())) {
      logger_.Write(LogLevel::kError, "memory_limit",
                    {{"resident_bytes", static_cast<long long>(resident)},
                     {"limit_bytes", static_cast<long long>(options.limit_bytes)}});
      stop_.Ask(StopCause::kMemory);
      return;
    }
    ended_.WaitFor(mutex_, kPeriod);
  }
}

}  // namespace doclayout
