#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string>

#include "metrics/registry.h"
#include "probe/outcome.h"

namespace doclayout::probe {

/// Every series of the probe, there from the start.
///
/// `Record`: one thread at a time; the rest is thread-safe. The registry must outlive it, and serves one.
class ProbeMetrics {
 public:
  explicit ProbeMetrics(metrics::Registry& registry);

  ProbeMetrics(const ProbeMetrics&) = delete;
  ProbeMetrics& operator=(const ProbeMetrics&) = delete;

  /// A verdict. `now`: of the wall clock.
  void Record(const Outcome& outcome, std::chrono::system_clock::time_point now);

  /// What became of messages.
  struct Webhooks {
    metrics::Counter& delivered;
    metrics::Counter& failed;
    metrics::Counter& dropped;  ///< they found no room, or the process ended
  };

 private:
  metrics::Gauge* GaugeOf(const std::string& check);
  void RecordChecks(const Outcome& outcome);

  metrics::Registry& registry_;
  metrics::Gauge& up_;
  metrics::Gauge& status_;
  metrics::Gauge& last_success_;
  metrics::Histogram& duration_;
  std::array<metrics::Counter*, kVerdicts.size()> total_{};
  std::map<std::string, metrics::Gauge*> checks_;

 public:
  metrics::Gauge& alarm;  ///< 1 while people were told that it fails
  const Webhooks webhooks;
};

}  // namespace doclayout::probe
