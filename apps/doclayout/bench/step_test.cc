#include "bench/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace doclayout::bench {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

/// Ten seconds at 100 requests a second, all of them good in 50 ms.
StepResult GoodStep() {
  StepResult step{.plan = {.rate = 100, .duration_s = 10}, .measured_s = 10, .ok_within = 1000};
  step.counts.at(0) = 1000;
  for (int i = 0; i < 1000; ++i) {
    step.ok.Record(milliseconds(50));
    step.late.Record(milliseconds(0));
  }
  return step;
}

void Move(StepResult& step, Outcome outcome, std::uint64_t count) {
  step.counts.at(0) -= count;
  step.counts.at(static_cast<std::size_t>(outcome)) += count;
}

TEST(Step, CountsRequestsAnswersAndRates) {
  StepResult step = GoodStep();
  Move(step, Outcome::kRefused, 100);
  Move(step, Outcome::kTimeout, 50);
  step.ok_within = 800;

  EXPECT_EQ(step.Requests(), 1000U);
  EXPECT_EQ(step.Answered(), 950U);
  EXPECT_DOUBLE_EQ(step.Offered(), 100);
  EXPECT_DOUBLE_EQ(step.Throughput(), 80);
  EXPECT_DOUBLE_EQ(step.Success(), 0.85);
}

TEST(Step, IsHeldWithinTheObjectives) {
  EXPECT_TRUE(Judge(GoodStep(), {.p99_s = 0.1, .success = 1}).held);
}

TEST(Step, BreaksWhenItIsTooSlow) {
  const Verdict verdict = Judge(GoodStep(), {.p99_s = 0.04});

  EXPECT_FALSE(verdict.held);
  EXPECT_EQ(verdict.reason, "p99 50 ms is over 40 ms");
}

TEST(Step, BreaksWhenTooManyAreNotAnsweredWell) {
  StepResult step = GoodStep();
  Move(step, Outcome::kRefused, 20);

  EXPECT_THAT(Judge(step, {.success = 0.99}).reason, HasSubstr("98 % answered well, under 99 %"));
  EXPECT_TRUE(Judge(step, {.success = 0.98}).held);
}

TEST(Step, BreaksWhenItsQueueGrowsHoweverShortTheWaitIs) {
  StepResult step = GoodStep();
  step.in_flight_at_start = 10;
  step.in_flight_at_end = 400;

  EXPECT_THAT(Judge(step, {}).reason, HasSubstr("390 more requests waited"));
  step.plan = {.connections = 400};
  EXPECT_TRUE(Judge(step, {}).held);
}

TEST(Step, SaysNothingOfTheServiceWhenTheGeneratorWasLate) {
  StepResult step = GoodStep();
  for (int i = 0; i < 100; ++i) step.late.Record(milliseconds(500));

  const Verdict verdict = Judge(step, {});

  EXPECT_FALSE(verdict.held);
  EXPECT_TRUE(verdict.generator_fell_behind);
}

TEST(Step, IsNotHeldWithoutRequestsOrToItsEnd) {
  EXPECT_FALSE(Judge(StepResult{}, {}).held);
  StepResult step = GoodStep();
  step.interrupted = true;
  EXPECT_EQ(Judge(step, {}).reason, "interrupted");
}

TEST(Step, TellsOfOutcomesThatThereWere) {
  StepResult step = GoodStep();
  Move(step, Outcome::kReset, 1);

  EXPECT_THAT(ToldOutcomes(std::vector{GoodStep(), step}),
              testing::ElementsAre(Outcome::kOk, Outcome::kRefused, Outcome::kReset));
}

}  // namespace
}  // namespace doclayout::bench
