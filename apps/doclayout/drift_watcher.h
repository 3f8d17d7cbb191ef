#pragma once

#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "health/detection_drift.h"
#include "metrics/registry.h"

namespace doclayout {

/// What the model finds on users' pages, watched for change. Thread-safe; a lock for microseconds a page.
class DriftWatcher {
 public:
  /// Its metrics are there from now on: `pp_doclayout_drift_*`. The registry asks for them for its life.
  DriftWatcher(const health::DetectionDrift::Options& options, metrics::Registry& registry);

  DriftWatcher(const DriftWatcher&) = delete;
  DriftWatcher& operator=(const DriftWatcher&) = delete;

  void Observe(const std::vector<Region>& regions);
  void Reset();
  health::Check Judge() const;

 private:
  template <typename Read>
  auto With(Read read) const {
    const MutexLock lock(mutex_);
    return read(drift_);
  }

  const SteadyClock clock_;
  mutable Mutex mutex_;
  health::DetectionDrift drift_ GUARDED_BY(mutex_);
};

}  // namespace doclayout
