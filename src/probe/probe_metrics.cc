#include "probe/probe_metrics.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace doclayout::probe {
namespace {

/// Of names that a service may think of as it runs: no metric may grow without bound.
constexpr std::size_t kMostSeries = 64;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

metrics::Counter& AddWebhookResult(metrics::Registry& registry, std::string result) {
  return registry.AddCounter("pp_doclayout_probe_webhook_total", "Messages to webhooks, by what became of them.",
                             {{"result", std::move(result)}});
}

double Score(Verdict verdict) {
  if (verdict == Verdict::kHealthy) return 1;
  return verdict == Verdict::kWarning ? 0.5 : 0;
}

}  // namespace

ProbeMetrics::ProbeMetrics(metrics::Registry& registry)
    : registry_(registry),
      up_(registry.AddGauge("pp_doclayout_probe_up", "Whether the last call was answered by the service.")),
      status_(registry.AddGauge("pp_doclayout_probe_status",
                                "1 healthy, 0.5 warning, 0 unhealthy, unreachable or not asked yet.")),
      last_success_(registry.AddGauge("pp_doclayout_probe_last_success_timestamp_seconds",
                                      "When it was healthy or warning last, seconds since 1970-01-01 UTC; 0: never.")),
      duration_(registry.AddHistogram("pp_doclayout_probe_duration_seconds", "Time of one call of deep health.",
                                      metrics::LatencyBuckets())),
      alarm(registry.AddGauge("pp_doclayout_probe_alarm", "1 from the message that it fails to that of its recovery.")),
      webhooks{AddWebhookResult(registry, "delivered"), AddWebhookResult(registry, "failed"),
               AddWebhookResult(registry, "dropped")} {
  for (std::size_t i = 0; i < kVerdicts.size(); ++i) {
    total_[i] = &registry.AddCounter("pp_doclayout_probe_total", "Verdicts on the service.",
                                     {{"result", std::string(VerdictName(kVerdicts[i]))}});
  }
  for (const char* check : {"inference_speed", "detection_accuracy", "gpu_memory_after_inference", "gpu_temperature"}) {
    GaugeOf(check);
  }
}

void ProbeMetrics::Record(const Outcome& outcome, std::chrono::system_clock::time_point now) {
  total_[static_cast<std::size_t>(outcome.verdict)]->Increment();
  // One that never starts is found so without a call.
  if (outcome.took > Duration(0)) duration_.Observe(std::chrono::duration<double>(outcome.took).count());
  up_.Set(outcome.verdict == Verdict::kUnreachable ? 0 : 1);
  // What drains or starts is neither well nor ill: what was said last stands.
  if (IsGood(outcome.verdict) || IsFailure(outcome.verdict)) status_.Set(Score(outcome.verdict));
  if (IsGood(outcome.verdict)) {
    last_success_.Set(std::chrono::duration<double>(now.time_since_epoch()).count());
  }
  RecordChecks(outcome);
}

void ProbeMetrics::RecordChecks(const Outcome& outcome) {
  for (const auto& [name, gauge] : checks_) {
    if (std::ranges::find(outcome.checks, name, &health::Check::name) == outcome.checks.end()) gauge->Set(kUnknown);
  }
  for (const health::Check& check : outcome.checks) {
    if (metrics::Gauge* gauge = GaugeOf(check.name)) gauge->Set(health::Score(check.status));
  }
}

/// Null where there is no room for one more.
metrics::Gauge* ProbeMetrics::GaugeOf(const std::string& check) {
  if (const auto found = checks_.find(check); found != checks_.end()) return found->second;
  if (checks_.size() >= kMostSeries) return nullptr;
  metrics::Gauge& gauge = registry_.AddGauge(
      "pp_doclayout_probe_check",
      "A check of the last report: 1 healthy or not applicable, 0.5 warning, 0 unhealthy, NaN: not in it.",
      {{"check", check}});
  gauge.Set(kUnknown);
  checks_.emplace(check, &gauge);
  return &gauge;
}

}  // namespace doclayout::probe
