#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "health/health.h"
#include "http/server.h"
#include "metrics/registry.h"

namespace doclayout {

/// Watches that the service turns, on a thread of its own: that the I/O thread goes round, and that the scheduler lets
/// go of its lock. When the I/O thread is held up it says in the log where that hangs.
///
/// Kubernetes sees a blocked I/O thread by probes that are not answered; what this class says in them is for the time
/// behind it, for metrics, and for a lock that hangs.
class PulseWatcher {
 public:
  struct Options {
    Duration limit = std::chrono::seconds(5);  ///< longer than a machine that is busy takes for a turn
    Duration period = std::chrono::seconds(1);
  };

  /// `touch` takes every lock that an answer needs and gives it back. All must outlive this object, unless `touch` or
  /// the logger hangs: the thread is then left to itself.
  PulseWatcher(const Options& options, const http::Server& server, std::function<void()> touch,
               metrics::Registry& registry, Logger& logger);
  ~PulseWatcher();

  PulseWatcher(const PulseWatcher&) = delete;
  PulseWatcher& operator=(const PulseWatcher&) = delete;

  /// `event_loop` and `scheduler`, for liveness. Lock-free.
  std::vector<health::Check> Checks() const;

  /// The same while nobody watches yet.
  static std::vector<health::Check> NotWatched();

 private:
  void Watch();
  void LookAtLoop();
  void Touch();

  const Options options_;
  const http::Server& server_;
  const std::function<void()> touch_;
  Logger& logger_;
  metrics::Counter& blocked_;
  const SteadyClock clock_;

  std::atomic<Duration::rep> touching_since_{0};  ///< 0: it has the lock's answer
  bool was_blocked_ = false;                      // of the thread

  Mutex mutex_;
  CondVar ended_;
  bool over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace doclayout
