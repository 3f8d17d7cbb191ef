#include "bench/suggestion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/numbers.h"

namespace doclayout::bench {
namespace {

/// Pages that were in work or waiting at once, by Little's law.
double Together(const StepResult& step) {
  return step.Throughput() * step.ok.Mean();
}

const StepResult* Busiest(std::span<const StepResult> steps) {
  const auto busiest = std::max_element(steps.begin(), steps.end(), [](const StepResult& a, const StepResult& b) {
    return a.Throughput() < b.Throughput();
  });
  return busiest != steps.end() && busiest->Throughput() > 0 ? &*busiest : nullptr;
}

/// The step of which a page's time tells how long it takes when it is alone: seldom two at once.
const StepResult* Lightest(std::span<const StepResult> steps) {
  constexpr double kAlone = 1.2;
  const StepResult* lightest = nullptr;
  for (const StepResult& step : steps) {
    if (step.ok.count() == 0 || Together(step) > kAlone) continue;
    if (lightest == nullptr || Together(step) < Together(*lightest)) lightest = &step;
  }
  return lightest;
}

bool AllSlotsBusy(const StepResult& step, int slots) {
  constexpr double kAll = 0.85;
  return step.service.busy && *step.service.busy >= kAll * slots;
}

/// Whether pages waited for the service in it: its throughput is then what the service can do, and not what was asked
/// for.
bool WasBusy(const StepResult& step, const StepResult& lightest, std::optional<int> slots,
             const Objectives& objectives) {
  constexpr double kWaited = 1.5;
  if (step.ok.Mean() > kWaited * lightest.ok.Mean() || step.Success() < objectives.success) return true;
  return slots && AllSlotsBusy(step, *slots);
}

void FindSustainable(std::span<const StepResult> steps, const Objectives& objectives, Suggestion& suggestion,
                     std::string& broken) {
  std::optional<double> lowest_broken;
  for (const StepResult& step : steps) {
    if (step.plan.rate == 0 || step.interrupted) continue;
    const Verdict verdict = Judge(step, objectives);
    if (verdict.held || (lowest_broken && *lowest_broken <= step.plan.rate)) continue;
    lowest_broken = step.plan.rate;
    const double offered = step.Offered();
    const bool by_chance = std::abs(offered - step.plan.rate) > 0.05 * step.plan.rate;
    broken = fmt::format("at {}{} {}", LoadText(step.plan),
                         by_chance ? fmt::format(" ({} by chance)", Rounded(offered)) : "", verdict.reason);
  }
  for (const StepResult& step : steps) {
    if (step.plan.rate == 0 || !Judge(step, objectives).held) continue;
    if (lowest_broken && step.plan.rate >= *lowest_broken) continue;
    // Arrivals by chance may have been fewer than asked for, and in a short step some answers come behind its end: only
    // what there was, was held.
    const double seen = std::min({step.plan.rate, step.Offered(), step.Throughput()});
    suggestion.sustainable = std::max(suggestion.sustainable.value_or(0), seen);
  }
}

void SuggestSlots(std::span<const StepResult> steps, const Question& question, Suggestion& suggestion) {
  const std::optional<int> slots = question.slots;
  const StepResult* busiest = Busiest(steps);
  const StepResult* lightest = Lightest(steps);
  if (busiest == nullptr) {
    suggestion.slots_reason = "no page was answered well";
    return;
  }
  if (lightest == nullptr) {
    suggestion.slots_reason =
        "not known, since no step was light enough to show the time of a page alone: leave --rate out, or add a lower "
        "one";
    return;
  }
  if (!WasBusy(*busiest, *lightest, slots, question.objectives)) {
    suggestion.slots_reason =
        "not known, since no step asked for more than the service can do: add a heavier one, or leave out --rate and "
        "--connections";
    return;
  }
  // Only a service that tells its slots is known to measure the time in them, and not the wait for them as well.
  const auto in_slot = slots ? lightest->service.inference_s : std::nullopt;
  const double alone = in_slot.value_or(lightest->ok.Mean());
  const double useful = busiest->Throughput() * alone;
  constexpr double kNoise = 0.15;
  const int wanted = std::max(1, static_cast<int>(std::ceil(useful - kNoise)));
  const std::string law =
      fmt::format("{} pages/s at most × {} for a page alone{} = {} at once", Rounded(busiest->Throughput()),
                  SecondsText(alone), in_slot ? " in its slot" : ", all of its latency", Rounded(useful));
  suggestion.slots = slots ? std::min(wanted, *slots) : wanted;
  suggestion.slots_reason = law;
  if (!slots) {
    suggestion.slots_reason += "; the service does not tell its slots, so it may have had fewer than it could use";
    return;
  }
  if (wanted >= *slots && AllSlotsBusy(*busiest, *slots)) {
    suggestion.slots_reason += fmt::format(
        "; {} of {} slots were busy, so only a run with more slots can tell whether more would gain anything",
        Rounded(*busiest->service.busy), *slots);
  } else if (wanted < *slots) {
    suggestion.slots_reason += fmt::format("; it has {}: the others only make pages wait for each other", *slots);
  }
}

std::string ReplicasText(Suggestion& suggestion, double target_rate) {
  const double exact = target_rate / *suggestion.sustainable;
  constexpr double kMost = 1e6;
  if (exact > kMost) return fmt::format(" {} pages/s is out of reach.", Rounded(target_rate));
  suggestion.replicas = std::max(1, static_cast<int>(std::ceil(exact - 1e-9)));
  return fmt::format(" For {} pages/s: {} replica{} like this one, and one more if one may fail.", Rounded(target_rate),
                     *suggestion.replicas, *suggestion.replicas == 1 ? "" : "s");
}

}  // namespace

Suggestion Suggest(std::span<const StepResult> steps, const Question& question) {
  Suggestion suggestion;
  std::string broken;
  FindSustainable(steps, question.objectives, suggestion, broken);
  SuggestSlots(steps, question, suggestion);

  const std::string bounds = fmt::format("p99 within {} and {} % answered well", SecondsText(question.objectives.p99_s),
                                         Rounded(100 * question.objectives.success));
  const bool open = std::any_of(steps.begin(), steps.end(), [](const StepResult& step) { return step.plan.rate > 0; });
  const StepResult* busiest = Busiest(steps);
  if (suggestion.sustainable) {
    suggestion.sentence = fmt::format("Sustainable: {} pages/s with {}", Rounded(*suggestion.sustainable), bounds);
    suggestion.sentence += broken.empty() ? "; no higher rate was tried." : fmt::format("; {}.", broken);
  } else if (open && !broken.empty()) {
    suggestion.sentence = fmt::format("No rate that was tried is sustainable with {}: {}.", bounds, broken);
  } else if (busiest != nullptr) {
    suggestion.sentence = fmt::format(
        "To {} it answered {} pages/s; what is sustainable only an open loop tells (--rate, or neither option).",
        LoadText(busiest->plan), Rounded(busiest->Throughput()));
  } else {
    suggestion.sentence = "No page was answered well.";
  }
  if (busiest != nullptr) {
    suggestion.sentence += suggestion.slots ? fmt::format(" Suggested MAX_CONCURRENT_REQUESTS: {} ({}).",
                                                          *suggestion.slots, suggestion.slots_reason)
                                            : fmt::format(" MAX_CONCURRENT_REQUESTS: {}.", suggestion.slots_reason);
  }
  if (suggestion.sustainable && question.target_rate > 0) {
    suggestion.sentence += ReplicasText(suggestion, question.target_rate);
  }
  return suggestion;
}

}  // namespace doclayout::bench
