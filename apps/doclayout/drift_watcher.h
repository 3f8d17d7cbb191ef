#pragma once

#include <set>
#include <string>
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

  /// A model's labels: their shares are metrics from now on. Labels beyond the first 64 are one, as in
  /// `DetectionDrift`.
  void AddLabels(const std::vector<std::string>& labels);

  void Observe(const std::vector<Region>& regions);
  void Reset();
  health::Check Judge() const;

 private:
  template <typename Read>
  auto With(Read read) const {
    const MutexLock lock(mutex_);
    return read(drift_);
  }

  void AddShare(const std::string& label);

  metrics::Registry& registry_;
  const SteadyClock clock_;
  mutable Mutex mutex_;
  std::set<std::string> labels_ GUARDED_BY(mutex_);  // that have a metric
  health::DetectionDrift drift_ GUARDED_BY(mutex_);
};

}  // namespace doclayout
