#include "bench/suggestion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace doclayout::bench {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

/// Ten seconds, all good, each in so many milliseconds.
StepResult Good(double rate, int latency_ms) {
  const auto count = static_cast<std::uint64_t>(rate * 10);
  StepResult step{.plan = {.rate = rate, .duration_s = 10}, .measured_s = 10, .ok_within = count};
  step.counts.at(0) = count;
  for (std::uint64_t i = 0; i < count; ++i) step.ok.Record(milliseconds(latency_ms));
  return step;
}

StepResult OneCaller(double throughput, int latency_ms) {
  StepResult step = Good(throughput, latency_ms);
  step.plan = {.connections = 1, .duration_s = 10};
  return step;
}

TEST(Suggestion, SustainableIsTheHighestRateBelowAllThatBroke) {
  const std::vector steps{Good(10, 100), Good(40, 5000), Good(20, 300), Good(50, 100)};

  const Suggestion suggestion = Suggest(steps, {.objectives = {.p99_s = 2}});

  EXPECT_EQ(suggestion.sustainable, 20);
  EXPECT_THAT(
      suggestion.sentence,
      HasSubstr("Sustainable: 20 pages/s with p99 within 2 s and 99 % answered well; at 40/s p99 5 s is over 2 s."));
}

TEST(Suggestion, ClaimsNoMoreThanWasOfferedAndAnswered) {
  StepResult step = Good(18, 100);
  step.plan.rate = 20;

  EXPECT_EQ(Suggest(std::vector{step}, {}).sustainable, 18);
  step.ok_within = 170;
  EXPECT_EQ(Suggest(std::vector{step}, {}).sustainable, 17);
}

TEST(Suggestion, SaysWhenNothingWasHeldOrTried) {
  EXPECT_THAT(Suggest(std::vector{Good(10, 5000)}, {}).sentence,
              HasSubstr("No rate that was tried is sustainable with p99 within 2 s"));
  EXPECT_THAT(Suggest(std::vector{Good(10, 100)}, {}).sentence, HasSubstr("no higher rate was tried"));
  EXPECT_THAT(Suggest(std::vector{OneCaller(8, 100)}, {}).sentence,
              HasSubstr("To 1 caller it answered 8 pages/s; what is sustainable only an open loop tells"));
  EXPECT_EQ(Suggest({}, {}).sentence, "No page was answered well.");
}

TEST(Suggestion, ReplicasAreRoundedUp) {
  const std::vector steps{Good(10, 100)};

  EXPECT_EQ(Suggest(steps, {.target_rate = 95}).replicas, 10);
  EXPECT_EQ(Suggest(steps, {.target_rate = 100}).replicas, 10);
  EXPECT_EQ(Suggest(steps, {.target_rate = 101}).replicas, 11);
  EXPECT_FALSE(Suggest(steps, {}).replicas);
  EXPECT_THAT(Suggest(steps, {.target_rate = 100}).sentence, HasSubstr("For 100 pages/s: 10 replicas"));
}

TEST(Suggestion, SlotsFollowFromThroughputAndTheTimeOfAPageAlone) {
  StepResult alone = OneCaller(9, 110);
  alone.service.inference_s = 0.1;
  StepResult busy = Good(30, 500);
  busy.service.busy = 3.9;

  const Suggestion suggestion = Suggest(std::vector{alone, busy}, {.slots = 8});

  EXPECT_EQ(suggestion.slots, 3);
  EXPECT_THAT(suggestion.slots_reason,
              HasSubstr("30 pages/s at most × 100 ms for a page alone in its slot = 3 at once"));
  EXPECT_THAT(suggestion.slots_reason, HasSubstr("it has 8"));
}

TEST(Suggestion, DoesNotGuessWhatMoreSlotsWouldGive) {
  StepResult alone = OneCaller(9, 110);
  alone.service.inference_s = 0.1;
  StepResult busy = Good(40, 500);
  busy.service.busy = 2;

  const Suggestion suggestion = Suggest(std::vector{alone, busy}, {.slots = 2});

  EXPECT_EQ(suggestion.slots, 2);
  EXPECT_THAT(suggestion.slots_reason, HasSubstr("only a run with more slots can tell"));
}

TEST(Suggestion, WithoutTheServicesSlotsTheLatencyHasToDo) {
  StepResult alone = OneCaller(5, 200);
  alone.service.inference_s = 0.01;  // of a service that may measure something else by that name

  const Suggestion suggestion = Suggest(std::vector{alone, Good(14, 900)}, {});

  EXPECT_EQ(suggestion.slots, 3);
  EXPECT_THAT(suggestion.slots_reason, HasSubstr("200 ms for a page alone, all of its latency"));
  EXPECT_THAT(suggestion.slots_reason, HasSubstr("does not tell its slots"));
}

TEST(Suggestion, SaysWhenNoStepWasLightEnough) {
  const Suggestion suggestion = Suggest(std::vector{Good(20, 400)}, {.slots = 2});

  EXPECT_FALSE(suggestion.slots);
  EXPECT_THAT(suggestion.sentence, HasSubstr("MAX_CONCURRENT_REQUESTS: not known"));
}

TEST(Suggestion, SaysWhenNoStepMadePagesWait) {
  const Suggestion suggestion = Suggest(std::vector{OneCaller(5, 120), Good(7, 125)}, {.slots = 2});

  EXPECT_FALSE(suggestion.slots);
  EXPECT_THAT(suggestion.sentence,
              HasSubstr("MAX_CONCURRENT_REQUESTS: not known, since no step asked for more than the service can do"));
}

TEST(Suggestion, RefusalsShowThatThereWasMoreThanItCanDo) {
  StepResult refusing = Good(14, 125);
  refusing.counts.at(1) = 500;

  EXPECT_EQ(Suggest(std::vector{OneCaller(8, 120), refusing}, {.slots = 4}).slots, 2);
}

TEST(Suggestion, AnInterruptedStepProvesNothing) {
  StepResult cut = Good(5, 100);
  cut.interrupted = true;

  EXPECT_EQ(Suggest(std::vector{Good(10, 100), cut}, {}).sustainable, 10);
  EXPECT_FALSE(Suggest(std::vector{cut}, {}).sustainable);
}

}  // namespace
}  // namespace doclayout::bench
