#include "http/server_metrics.h"

#include <fmt/format.h>

#include <array>

#include "http/problem.h"

namespace doclayout::http {
namespace {

using metrics::LatencyBuckets;

/// In the order of `Rejection`.
constexpr std::array<std::string_view, 16> kReasons = {"body_too_large",
                                                       "header_too_large",
                                                       "header_timeout",
                                                       "body_timeout",
                                                       "write_timeout",
                                                       "too_many_connections",
                                                       "body_bytes_in_flight",
                                                       "queue_full",
                                                       "too_late",
                                                       "engine",
                                                       "document_too_large",
                                                       "not_ready",
                                                       "draining",
                                                       "unauthorized",
                                                       "forbidden",
                                                       "rate_limited"};
static_assert(static_cast<std::size_t>(Rejection::kRateLimited) + 1 == kReasons.size());

constexpr std::string_view kOther = "other";
constexpr std::size_t kMostLabels = 1000;

std::string_view MethodLabel(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "POST"}) {
    if (method == known) return known;
  }
  return kOther;
}

template <typename T>
T& FindOr(const std::map<std::string, T*, std::less<>>& series, std::string_view name, std::string_view otherwise) {
  auto found = series.find(name);
  if (found == series.end()) found = series.find(otherwise);
  return *found->second;
}

}  // namespace

ServerMetrics::ServerMetrics(metrics::Registry& registry, const PageService& service)
    : registry_(registry),
      connections{registry.AddGauge("http_connections_open", "Connections that are open"), AddIdleEnd("idle_timeout"),
                  AddIdleEnd("made_room")},
      in_progress(registry.AddGauge("pp_doclayout_requests_in_progress",
                                    "Requests for an analysis that are being received, wait or run")),
      cancelled(registry.AddCounter("pp_doclayout_cancelled_total", "Requests whose caller left before the answer")),
      inference_latency(registry.AddHistogram("pp_doclayout_inference_latency_seconds", "Time of one page in the model",
                                              LatencyBuckets())),
      queue_duration(registry.AddHistogram("pp_doclayout_queue_duration_seconds", "Time that a page waits for a slot",
                                           LatencyBuckets())),
      batch_size(registry.AddHistogram("pp_doclayout_batch_size", "Pages that were inferred together with each page",
                                       {1, 2, 4, 8, 16, 32, 64})),
      decode_duration(AddStage("decode")),
      preprocess_duration(AddStage("preprocess")),
      inference_duration(AddStage("inference")),
      postprocess_duration(AddStage("postprocess")),
      render_duration(AddStage("render")),
      documents_ok(AddOutcome("ok")),
      documents_failed(AddOutcome("failed")),
      documents_expired(AddOutcome("expired")),
      documents_cancelled(AddOutcome("cancelled")),
      pages(registry.AddCounter("pp_doclayout_pages_total", "Pages that were analysed")),
      cache_hits(AddCacheResult("hit")),
      cache_misses(AddCacheResult("miss")),
      cache_shared(AddCacheResult("shared")) {
  AddLoad(service);
  AddJobs();
  for (const std::string_view reason : kReasons) {
    rejections_.push_back(&registry.AddCounter("pp_doclayout_rejected_total", "Requests that a limit or state refused",
                                               {{"reason", std::string(reason)}}));
  }
  for (const ProblemType* type : AllProblemTypes()) {
    errors_[std::string(type->code)] = &registry.AddCounter(
        "pp_doclayout_errors_total", "Requests answered by an error", {{"error_type", std::string(type->code)}});
  }
  const MutexLock lock(regions_mutex_);
  RegionCounter(kOther);
}

void ServerMetrics::AddLabels(const std::vector<std::string>& labels) {
  const MutexLock lock(regions_mutex_);
  for (const std::string& label : labels) RegionCounter(label);
}

/// Another model that comes later may have other labels; so many that they must be a mistake share one series.
metrics::Counter& ServerMetrics::RegionCounter(std::string_view label) {
  if (const auto found = regions_.find(label); found != regions_.end()) return *found->second;
  const std::string name(regions_.size() < kMostLabels ? label : kOther);
  metrics::Counter*& counter = regions_[name];
  if (counter == nullptr) {
    counter = &registry_.AddCounter("pp_doclayout_regions_total", "Regions that were found", {{"label", name}});
  }
  return *counter;
}

void ServerMetrics::AddRoutes(const std::vector<Route>& routes) {
  for (const Route& route : routes) {
    for (const std::string_view method : route.methods) {
      for (const int status : route.statuses) Requests(method, route.path, status);
    }
    AddDuration(route.path);
  }
  // What is no request has no method, and what has no route is not found.
  for (const int status : {400, 408, 431, 503, 505}) Requests(kOther, kOther, status);
  for (const std::string_view method : {"GET", "POST"}) Requests(method, kOther, 404);
  AddDuration(kOther);
}

metrics::Histogram& ServerMetrics::AddStage(std::string_view stage) {
  return registry_.AddHistogram("pp_doclayout_stage_duration_seconds", "Time of one document in a stage",
                                LatencyBuckets(), {{"stage", std::string(stage)}});
}

/// There are no jobs yet: the series stand here so that rules and dashboards find them, and stay 0 until a queue of
/// jobs adds its own in their place.
void ServerMetrics::AddJobs() {
  for (const char* const state : {"pending", "processing", "completed", "failed", "cancelled"}) {
    registry_.AddGauge("pp_doclayout_jobs", "Jobs that are kept, by state", {{"state", state}});
  }
  for (const char* const state : {"pending", "processing"}) {
    registry_.AddGauge("pp_doclayout_job_pages", "Pages of jobs that are not over, by state", {{"state", state}});
  }
}

metrics::Counter& ServerMetrics::AddIdleEnd(std::string_view reason) {
  return registry_.AddCounter("http_connections_closed_idle_total",
                              "Connections that were closed while they waited for a request",
                              {{"reason", std::string(reason)}});
}

metrics::Counter& ServerMetrics::AddOutcome(std::string_view outcome) {
  return registry_.AddCounter("pp_doclayout_documents_total", "Documents that were accepted, by what came of them",
                              {{"outcome", std::string(outcome)}});
}

metrics::Counter& ServerMetrics::AddCacheResult(std::string_view result) {
  return registry_.AddCounter("pp_doclayout_cache_requests_total",
                              "Documents that were answered while the answer cache was on, by how it served them",
                              {{"result", std::string(result)}});
}

void ServerMetrics::AddLoad(const PageService& service) {
  using Load = PageService::Load;
  const auto add = [&](const char* name, const char* help, double (*value)(const Load&)) {
    registry_.AddGaugeFunction(name, help, {}, [&service, value] { return value(service.load()); });
  };
  add("pp_doclayout_request_queue_length", "Documents of which no page has reached a slot",
      [](const Load& load) { return static_cast<double>(load.waiting_requests); });
  add("pp_doclayout_pages_waiting", "Pages that are ready and wait for a slot",
      [](const Load& load) { return static_cast<double>(load.waiting_pages); });
  add("pp_doclayout_slots", "Inferences that run at one time",
      [](const Load& load) { return static_cast<double>(load.slots); });
  add("pp_doclayout_slots_busy", "Slots that are at work",
      [](const Load& load) { return static_cast<double>(load.busy); });
  add("pp_doclayout_slots_stuck", "Slots whose inference did not end in the time that it is given",
      [](const Load& load) { return static_cast<double>(load.stuck); });
  add("pp_doclayout_load_ratio", "Pages that wait or run, divided by the slots",
      [](const Load& load) { return load.load_ratio; });
  add("pp_doclayout_breaker_open",
      "1 while the model fails so often that it is not asked, 0.5 while it is tried, else 0", [](const Load& load) {
        if (load.breaker == scheduler::Breaker::State::kClosed) return 0.0;
        return load.breaker == scheduler::Breaker::State::kOpen ? 1.0 : 0.5;
      });
}

metrics::Counter& ServerMetrics::Requests(std::string_view method, std::string_view route, int status) {
  const std::string label(MethodLabel(method));
  metrics::Counter*& counter = requests_[{label, std::string(route), status}];
  if (counter == nullptr) {
    counter = &registry_.AddCounter(
        "http_requests_total", "Requests that were answered",
        {{"method", label}, {"route", std::string(route)}, {"status", fmt::format("{}", status)}});
  }
  return *counter;
}

void ServerMetrics::CountRequest(std::string_view method, std::string_view route, int status) {
  Requests(method, route, status).Increment();
}

void ServerMetrics::AddDuration(std::string_view route) {
  durations_[std::string(route)] =
      &registry_.AddHistogram("http_request_duration_seconds", "Time from a request's first byte to its answer's last",
                              LatencyBuckets(), {{"route", std::string(route)}});
}

metrics::Histogram& ServerMetrics::RequestDuration(std::string_view route) {
  return FindOr(durations_, route, kOther);
}

void ServerMetrics::CountRejection(Rejection reason) {
  rejections_[static_cast<std::size_t>(reason)]->Increment();
}

void ServerMetrics::CountError(std::string_view code) {
  FindOr(errors_, code, "internal").Increment();
}

void ServerMetrics::CountRegions(const std::vector<Region>& regions) {
  const MutexLock lock(regions_mutex_);
  for (const Region& region : regions) RegionCounter(region.label).Increment();
}

}  // namespace doclayout::http
