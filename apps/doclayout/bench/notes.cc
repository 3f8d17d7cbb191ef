#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/numbers.h"
#include "bench/report.h"

namespace doclayout::bench {
namespace {

constexpr std::uint64_t kFewAnswers = 500;  // five of them are beyond the 99th percentile
constexpr double kBusyGenerator = 0.9;

void NoteGenerator(const StepResult& step, const Objectives& objectives, std::vector<std::string>& notes) {
  if (step.generator_cpu > kBusyGenerator) {
    notes.push_back(fmt::format("At {} the generator used {} % of one processor: the figures may show its limit.",
                                LoadText(step.plan), Rounded(100 * step.generator_cpu)));
  }
  if (Judge(step, objectives).generator_fell_behind) {
    notes.push_back(fmt::format(
        "At {} the generator fell behind: it sent requests {} late (p99). Latencies count from when they were due.",
        LoadText(step.plan), SecondsText(step.late.Quantile(0.99))));
  }
  if (step.held_back + step.Count(Outcome::kNotSent) > 0) {
    notes.push_back(fmt::format(
        "At {} all connections were in use: {} requests were sent late and {} not at all (--max-in-flight).",
        LoadText(step.plan), step.held_back, step.Count(Outcome::kNotSent)));
  }
}

bool IsOffByChance(const StepResult& step) {
  constexpr double kMuch = 0.1;
  return step.plan.rate > 0 && std::abs(step.Offered() - step.plan.rate) > kMuch * step.plan.rate;
}

}  // namespace

std::vector<std::string> FindNotes(const Report& report, bool on_this_machine) {
  std::vector<std::string> notes;
  if (report.interrupted) notes.emplace_back("The run was interrupted: this is what was measured until then.");
  if (on_this_machine) {
    notes.emplace_back("Generator and service share this machine: alone, the service may hold more.");
  }
  for (const StepResult& step : report.steps) NoteGenerator(step, report.objectives, notes);
  if (std::any_of(report.steps.begin(), report.steps.end(), IsOffByChance)) {
    notes.emplace_back(
        "Independent callers came over 10 % more or less often than asked for in some steps; a longer --duration or "
        "--arrivals constant keeps closer.");
  }
  const bool few = std::any_of(report.steps.begin(), report.steps.end(), [](const StepResult& step) {
    return step.ok.count() > 0 && step.ok.count() < kFewAnswers;
  });
  if (few) {
    notes.push_back(
        fmt::format("The p99 of fewer than {} answers rests on a handful of them; a longer --duration makes it firmer.",
                    kFewAnswers));
  }
  if (!report.slots) notes.emplace_back("The service does not tell its slots (pp_doclayout_slots in /metrics).");
  return notes;
}

}  // namespace doclayout::bench
