// What a metric costs whoever counts, and all of the service's cost whoever reads them:
// `doclayout_metrics_bench [--benchmark_filter=REGEX]…`.
//
// One thread, and two that write to the same series without a pause, which is the worst that they can do to each other:
// in the service, pages and requests lie between two observations of a thread.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/analyze/page_service.h"
#include "http/handler.h"
#include "http/routes.h"
#include "http/server_metrics.h"
#include "metrics/registry.h"

namespace doclayout {
namespace {

using Format = metrics::Registry::Format;

constexpr metrics::Exemplar kTrace{
    {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c}};

/// Is asked for its load and for nothing else.
class IdlePages final : public http::PageService {
 public:
  http::ModelIdentity model_identity() const override { return {}; }
  Result<void> CheckParameters(const AnalyzeParameters&) const override { return {}; }
  std::optional<scheduler::Refusal> Judge(const scheduler::RequestSpec&) const override { return std::nullopt; }
  tl::expected<std::shared_ptr<http::PageRequest>, scheduler::Refusal> Admit(const scheduler::RequestSpec&,
                                                                             const AnalyzeParameters&,
                                                                             Listener) override {
    return tl::unexpected(scheduler::Refusal{});
  }
  void Post(scheduler::TaskPool::Kind, scheduler::TaskPool::Task) override {}
  void ObserveOverhead(Duration) override {}
  int pages_ahead() const override { return 1; }
  Load load() const override { return {}; }
  health::Slots slots() const override { return {}; }
};

class NoHandler final : public http::Handler {
 public:
  http::Outcome Begin(const http::Exchange&) override { return http::Response{}; }
};

/// The series of the service, an exemplar in every bucket that pages usually fall into.
class ServiceRegistry {
 public:
  ServiceRegistry() : metrics_(registry_, pages_) {
    metrics_.AddLabels({"text", "title", "figure", "table", "equation"});
    metrics_.AddRoutes(
        http::MakeRoutes({handler_, handler_, handler_, handler_, handler_, handler_, &handler_, &handler_}));
    for (const double seconds : {0.02, 0.04, 0.07, 0.09, 0.12, 0.2, 0.4}) {
      metrics_.inference_latency.Observe(seconds, kTrace);
      metrics_.queue_duration.Observe(seconds, kTrace);
      metrics_.RequestDuration("/analyze").Observe(seconds, kTrace);
    }
  }

  std::string Expose(Format format) const { return registry_.Expose(format); }

 private:
  metrics::Registry registry_;
  const IdlePages pages_;
  NoHandler handler_;
  http::ServerMetrics metrics_;
};

template <typename Step>
void Add(const char* name, Step step) {
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark(name, [step](benchmark::State& state) {
      for (auto _ : state) step();
    })->Threads(threads);
  }
}

void AddObservations(metrics::Registry& registry) {
  metrics::Counter& counter = registry.AddCounter("bench_total", "Increments.");
  metrics::Gauge& gauge = registry.AddGauge("bench_level", "Values.");
  metrics::Histogram& histogram = registry.AddHistogram("bench_seconds", "Observations.", metrics::LatencyBuckets());
  Add("counter/increment", [&counter] { counter.Increment(); });
  Add("gauge/set", [&gauge] { gauge.Set(0.5); });
  Add("gauge/add", [&gauge] { gauge.Add(1); });
  Add("histogram/observe", [&histogram] { histogram.Observe(0.073); });
  Add("histogram/observe_with_exemplar", [&histogram] { histogram.Observe(0.073, kTrace); });
}

void AddExposition(const char* name, const ServiceRegistry& service, Format format) {
  benchmark::RegisterBenchmark(name, [&service, format](benchmark::State& state) {
    std::size_t bytes = 0;
    for (auto _ : state) bytes = service.Expose(format).size();
    state.counters["bytes"] = static_cast<double>(bytes);
  });
}

int Run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  metrics::Registry registry;
  AddObservations(registry);
  const ServiceRegistry service;
  AddExposition("expose/prometheus_text", service, Format::kPrometheusText);
  AddExposition("expose/openmetrics", service, Format::kOpenMetrics);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace doclayout

int main(int argc, char** argv) {
  return doclayout::Run(argc, argv);
}
