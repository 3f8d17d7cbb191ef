#pragma once

#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "health/memory.h"
#include "metrics/registry.h"
#include "stop_request.h"

namespace doclayout {

/// Looks at the process's memory, on a thread of its own, from its construction to its end, and has the service stop
/// when it is over its limit for too long. Its limit is the metric `pp_doclayout_memory_limit_bytes`.
class MemoryWatcher {
 public:
  MemoryWatcher(const health::MemoryWatch::Options& options, metrics::Registry& registry, StopRequest& stop,
                Logger& logger);
  ~MemoryWatcher();

  MemoryWatcher(const MemoryWatcher&) = delete;
  MemoryWatcher& operator=(const MemoryWatcher&) = delete;

 private:
  void Watch(const health::MemoryWatch::Options& options);

  StopRequest& stop_;
  Logger& logger_;

  Mutex mutex_;
  CondVar ended_;
  bool over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace doclayout
