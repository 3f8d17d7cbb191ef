#include "bench/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/numbers.h"

namespace doclayout::bench {
namespace {

/// Requests that may wait at the end beyond those at the start: 5 % of all, and what chance makes of as many arrivals.
double AllowedGrowth(std::uint64_t requests) {
  const auto count = static_cast<double>(requests);
  return 0.05 * count + 3 * std::sqrt(count);
}

/// A tenth of what a page may take, but not less than the scheduler of a busy machine needs.
double AllowedLateness(double p99_s) {
  return std::max(0.02, p99_s / 10);
}

}  // namespace

std::string LoadText(const StepPlan& plan) {
  if (plan.rate > 0) return fmt::format("{}/s", Rounded(plan.rate));
  return fmt::format("{} caller{}", plan.connections, plan.connections == 1 ? "" : "s");
}

std::uint64_t StepResult::Requests() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t StepResult::Answered() const {
  std::uint64_t answered = 0;
  for (const Outcome outcome : kAllOutcomes) answered += IsAnswered(outcome) ? Count(outcome) : 0;
  return answered;
}

double StepResult::Offered() const {
  return measured_s > 0 ? static_cast<double>(Requests()) / measured_s : 0;
}

double StepResult::Throughput() const {
  return measured_s > 0 ? static_cast<double>(ok_within) / measured_s : 0;
}

double StepResult::Success() const {
  const std::uint64_t requests = Requests();
  return requests > 0 ? static_cast<double>(Count(Outcome::kOk)) / static_cast<double>(requests) : 0;
}

std::vector<Outcome> ToldOutcomes(std::span<const StepResult> steps) {
  std::vector<Outcome> told;
  for (const Outcome outcome : kAllOutcomes) {
    const bool there =
        std::any_of(steps.begin(), steps.end(), [&](const StepResult& step) { return step.Count(outcome) > 0; });
    if (there || outcome == Outcome::kOk || outcome == Outcome::kRefused) told.push_back(outcome);
  }
  return told;
}

Verdict Judge(const StepResult& step, const Objectives& objectives) {
  if (step.interrupted) return {.reason = "interrupted"};
  if (step.Requests() == 0) return {.reason = "no request was due"};
  const double late = step.late.Quantile(0.99);
  if (step.plan.rate > 0 && late > AllowedLateness(objectives.p99_s)) {
    return {.generator_fell_behind = true, .reason = fmt::format("the generator sent {} late", SecondsText(late))};
  }
  if (step.Success() < objectives.success) {
    return {.reason = fmt::format("{} % answered well, under {} %", Rounded(100 * step.Success()),
                                  Rounded(100 * objectives.success))};
  }
  const double p99 = step.ok.Quantile(0.99);
  if (p99 > objectives.p99_s) {
    return {.reason = fmt::format("p99 {} is over {}", SecondsText(p99), SecondsText(objectives.p99_s))};
  }
  const int growth = step.in_flight_at_end - step.in_flight_at_start;
  if (step.plan.rate > 0 && growth > AllowedGrowth(step.Requests())) {
    return {.reason = fmt::format("{} more requests waited at the end than at the start", growth)};
  }
  return {.held = true};
}

}  // namespace doclayout::bench
