#pragma once

#include <cstdint>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "health/memory.h"
#include "metrics/registry.h"
#include "stop_request.h"

namespace doclayout {

/// Looks at the process's memory, on a thread of its own, from its construction to its end, and has the service stop
/// when it is over its limit for too long or would soon meet the container's. Its limit is the metric
/// `pp_doclayout_memory_limit_bytes`.
class MemoryWatcher {
 public:
  MemoryWatcher(const health::MemoryWatch::Options& options, metrics::Registry& registry, StopRequest& stop,
                Logger& logger);
  ~MemoryWatcher();

  MemoryWatcher(const MemoryWatcher&) = delete;
  MemoryWatcher& operator=(const MemoryWatcher&) = delete;

  /// As it was at the last look, less than a second ago. Any thread.
  health::MemoryState state() const;

  /// Resident memory over which the service stops, as of then; 0: none. Any thread.
  std::uint64_t limit_bytes() const;

 private:
  void Watch();
  void Look(health::MemoryWatch& watch);

  const health::MemoryWatch::Options options_;
  metrics::Gauge& limit_;
  StopRequest& stop_;
  Logger& logger_;

  mutable Mutex mutex_;  // not held while files are read
  CondVar ended_;
  bool over_ GUARDED_BY(mutex_) = false;
  health::MemoryState state_ GUARDED_BY(mutex_);
  bool asked_ = false;  // to stop; of the thread
  std::thread thread_;
};

}  // namespace doclayout
