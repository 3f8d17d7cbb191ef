#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/mutex.h"
#include "http/analyze/page_service.h"
#include "http/connection_set.h"
#include "http/response.h"
#include "http/router.h"
#include "metrics/registry.h"
#include "types/region.h"

namespace doclayout::http {

/// Every series of the service, added at start with value 0, so that rules and dashboards find them.
///
/// Thread-safe but for the one function that says otherwise. The registry and the service must outlive it; the registry
/// asks the service for its numbers whenever metrics are read. One for each registry.
class ServerMetrics {
 public:
  ServerMetrics(metrics::Registry& registry, const PageService& service);

  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  /// Once, before requests are counted.
  void AddRoutes(const std::vector<Route>& routes);

  /// A model's, for `pp_doclayout_regions_total`.
  void AddLabels(const std::vector<std::string>& labels);

  /// I/O thread only. Paths that are no route are "other", as are methods besides GET, HEAD and POST: strangers must
  /// not make series. A status that no route documents is there once it
  /// has happened.
  void CountRequest(std::string_view method, std::string_view route, int status);
  metrics::Histogram& RequestDuration(std::string_view route);

  void CountRejection(Rejection reason);
  void CountError(std::string_view code);
  void CountRegions(const std::vector<Region>& regions);

 private:
  metrics::Registry& registry_;

 public:
  const ConnectionSet::Metrics connections;
  metrics::Gauge& in_progress;
  metrics::Counter& cancelled;
  metrics::Histogram& inference_latency;
  metrics::Histogram& queue_duration;
  metrics::Histogram& batch_size;
  metrics::Histogram& decode_duration;
  metrics::Histogram& preprocess_duration;
  metrics::Histogram& inference_duration;
  metrics::Histogram& postprocess_duration;
  metrics::Histogram& render_duration;
  metrics::Counter& documents_ok;
  metrics::Counter& documents_failed;
  metrics::Counter& documents_expired;
  metrics::Counter& documents_cancelled;
  metrics::Counter& pages;
  metrics::Counter& cache_hits;
  metrics::Counter& cache_misses;
  metrics::Counter& cache_shared;

 private:
  template <typename T>
  using ByName = std::map<std::string, T*, std::less<>>;

  metrics::Counter& Requests(std::string_view method, std::string_view route, int status);
  void AddDuration(std::string_view route);
  metrics::Histogram& AddStage(std::string_view stage);
  metrics::Counter& AddOutcome(std::string_view outcome);
  metrics::Counter& AddCacheResult(std::string_view result);
  metrics::Counter& AddIdleEnd(std::string_view reason);
  void AddJobs();
  metrics::Counter& RegionCounter(std::string_view label) REQUIRES(regions_mutex_);
  void AddLoad(const PageService& service);

  std::map<std::tuple<std::string, std::string, int>, metrics::Counter*> requests_;  // I/O thread only
  // Complete after construction, so that reading them needs no lock.
  ByName<metrics::Histogram> durations_;
  Mutex regions_mutex_;
  ByName<metrics::Counter> regions_ GUARDED_BY(regions_mutex_);
  ByName<metrics::Counter> errors_;
  std::vector<metrics::Counter*> rejections_;  // by the number of `Rejection`
};

}  // namespace doclayout::http
