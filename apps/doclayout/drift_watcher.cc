#include "drift_watcher.h"

namespace doclayout {
namespace {

using health::DetectionDrift;
using Statistics = DetectionDrift::Statistics;

}  // namespace

DriftWatcher::DriftWatcher(const DetectionDrift::Options& options, metrics::Registry& registry)
    : registry_(registry), drift_(options) {
  registry.AddGaugeFunction("pp_doclayout_drift_score",
                            "Population stability index of the last pages against the first; over 0.25 is a shift", {},
                            [this] { return With([](const DetectionDrift& drift) { return drift.score(); }); });
  const auto add = [&](const char* name, const char* help, double (*value)(const Statistics&)) {
    registry.AddGaugeFunction(name, help, {{"pages", "recent"}}, [this, value] {
      return With([value](const DetectionDrift& drift) { return value(drift.recent()); });
    });
    registry.AddGaugeFunction(name, help, {{"pages", "first"}}, [this, value] {
      return With([value](const DetectionDrift& drift) { return value(drift.first()); });
    });
  };
  add("pp_doclayout_drift_pages", "Pages that the other pp_doclayout_drift metrics are of",
      [](const Statistics& statistics) { return static_cast<double>(statistics.pages); });
  add("pp_doclayout_drift_regions_per_page", "Mean number of regions of a page",
      [](const Statistics& statistics) { return statistics.regions_per_page; });
  add("pp_doclayout_drift_mean_score", "Mean score of regions",
      [](const Statistics& statistics) { return statistics.mean_score; });
  add("pp_doclayout_drift_empty_page_ratio", "Share of pages without a region",
      [](const Statistics& statistics) { return statistics.empty_share; });
  AddShare("other");
}

void DriftWatcher::AddLabels(const std::vector<std::string>& labels) {
  for (const std::string& label : labels) AddShare(label);
}

void DriftWatcher::AddShare(const std::string& label) {
  {
    const MutexLock lock(mutex_);
    if (labels_.size() > DetectionDrift::kMostLabels || !labels_.insert(label).second) return;
  }
  const auto add = [&](const char* pages, Statistics (DetectionDrift::*statistics)() const) {
    registry_.AddGaugeFunction("pp_doclayout_drift_label_ratio", "Share of the regions that have the label",
                               {{"pages", pages}, {"label", label}}, [this, label, statistics] {
                                 const Statistics found =
                                     With([statistics](const DetectionDrift& drift) { return (drift.*statistics)(); });
                                 const auto share = found.label_shares.find(label);
                                 return share == found.label_shares.end() ? 0 : share->second;
                               });
  };
  add("recent", &DetectionDrift::recent);
  add("first", &DetectionDrift::first);
}

void DriftWatcher::Observe(const std::vector<Region>& regions) {
  const MutexLock lock(mutex_);
  drift_.Observe(regions, clock_.Now());
}

void DriftWatcher::Reset() {
  const MutexLock lock(mutex_);
  drift_.Reset();
}

health::Check DriftWatcher::Judge() const {
  return With([](const DetectionDrift& drift) { return drift.Judge(); });
}

}  // namespace doclayout
