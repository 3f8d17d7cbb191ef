#include <nlohmann/json.hpp>

#include "bench/report.h"

namespace doclayout::bench {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json Latency(const Histogram& histogram) {
  if (histogram.count() == 0) return nullptr;
  return {
      {"count", histogram.count()},      {"min", histogram.Least()},           {"mean", histogram.Mean()},
      {"p50", histogram.Quantile(0.5)},  {"p90", histogram.Quantile(0.9)},     {"p95", histogram.Quantile(0.95)},
      {"p99", histogram.Quantile(0.99)}, {"p99_9", histogram.Quantile(0.999)}, {"p99_99", histogram.Quantile(0.9999)},
      {"max", histogram.Most()}};
}

Json Outcomes(const StepResult& step) {
  Json outcomes;
  for (const Outcome outcome : kAllOutcomes) outcomes[std::string(OutcomeName(outcome))] = step.Count(outcome);
  return outcomes;
}

Json Examples(const StepResult& step) {
  Json examples = Json::array();
  for (const auto& [outcome, example] : step.examples) {
    examples.push_back({{"outcome", OutcomeName(outcome)},
                        {"status", example.status > 0 ? Json(example.status) : Json(nullptr)},
                        {"detail", example.detail}});
  }
  return examples;
}

Json StepJson(const StepResult& step, const Objectives& objectives) {
  const Verdict verdict = Judge(step, objectives);
  const bool open = step.plan.rate > 0;
  return {{"loop", open ? "open" : "closed"},
          {"rate", open ? Json(step.plan.rate) : Json(nullptr)},
          {"connections", open ? Json(nullptr) : Json(step.plan.connections)},
          {"warm_up_s", step.plan.warm_up_s},
          {"duration_s", step.measured_s},
          {"warm_up_requests", step.warm_up_requests},
          {"requests", step.Requests()},
          {"outcomes", Outcomes(step)},
          {"offered_per_s", step.Offered()},
          {"ok_per_s", step.Throughput()},
          {"success", step.Success()},
          {"latency_s", Latency(step.ok)},
          {"latency_from_send_s", Latency(step.ok_from_send)},
          {"refusal_latency_s", Latency(step.refused)},
          {"refusal_latency_from_send_s", Latency(step.refused_from_send)},
          {"retry_after_s", {{"min", OrNull(step.least_retry_s)}, {"max", OrNull(step.most_retry_s)}}},
          {"in_flight", {{"at_start", step.in_flight_at_start}, {"at_end", step.in_flight_at_end}}},
          {"generator",
           {{"late_s", Latency(step.late)}, {"held_back", step.held_back}, {"processors", step.generator_cpu}}},
          {"service",
           {{"inference_s", OrNull(step.service.inference_s)},
            {"slots_busy", OrNull(step.service.busy)},
            {"queue_max", OrNull(step.service.most_queued)},
            {"processors", OrNull(step.service.processors)},
            {"resident_bytes", OrNull(step.service.resident_bytes)}}},
          {"examples", Examples(step)},
          {"held", verdict.held},
          {"reason", verdict.held ? Json(nullptr) : Json(verdict.reason)}};
}

Json MomentJson(const Moment& moment) {
  return {{"start_s", moment.start_s},
          {"length_s", moment.length_s},
          {"step", moment.step},
          {"due", moment.due},
          {"ok", moment.ok},
          {"refused", moment.refused},
          {"failed", moment.failed},
          {"p50_s", OrNull(moment.p50_s)},
          {"p95_s", OrNull(moment.p95_s)},
          {"p99_s", OrNull(moment.p99_s)},
          {"in_flight", moment.in_flight},
          {"slots_busy", OrNull(moment.slots_busy)},
          {"queued", OrNull(moment.queued)}};
}

Json Service(const Report& report) {
  Json service = {{"slots", OrNull(report.slots)}};
  const VersionFacts facts = report.version.value_or(VersionFacts{});
  const auto add = [&](const char* name, const std::string& text) {
    service[name] = text.empty() ? Json(nullptr) : Json(text);
  };
  add("version", facts.version);
  add("commit", facts.commit);
  add("runtime", facts.runtime);
  add("model", facts.model_name);
  add("model_family", facts.model_family);
  add("model_sha256", facts.model_sha256);
  return service;
}

}  // namespace

std::string JsonReport(const Report& report) {
  Json steps = Json::array();
  for (const StepResult& step : report.steps) steps.push_back(StepJson(step, report.objectives));
  Json moments = Json::array();
  for (const Moment& moment : report.moments) moments.push_back(MomentJson(moment));
  const Json json = {{"program", report.program},
                     {"started", report.started},
                     {"url", report.url},
                     {"interrupted", report.interrupted},
                     {"service", Service(report)},
                     {"load",
                      {{"pages", report.pages},
                       {"page_bytes", report.page_bytes},
                       {"body", report.body},
                       {"arrivals", report.arrivals},
                       {"seed", report.seed},
                       {"keep_alive", report.keep_alive},
                       {"timeout_s", report.timeout_s}}},
                     {"objectives", {{"p99_s", report.objectives.p99_s}, {"success", report.objectives.success}}},
                     {"steps", steps},
                     {"timeline", moments},
                     {"suggestion",
                      {{"sustainable_per_s", OrNull(report.suggestion.sustainable)},
                       {"max_concurrent_requests", OrNull(report.suggestion.slots)},
                       {"max_concurrent_requests_reason", report.suggestion.slots_reason},
                       {"target_per_s", report.target_rate > 0 ? Json(report.target_rate) : Json(nullptr)},
                       {"replicas", OrNull(report.suggestion.replicas)},
                       {"sentence", report.suggestion.sentence}}},
                     {"notes", report.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace doclayout::bench
