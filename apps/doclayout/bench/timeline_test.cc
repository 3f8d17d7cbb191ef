#include "bench/timeline.h"

#include <gtest/gtest.h>

#include <chrono>

namespace doclayout::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{seconds(1000)};

TEST(Timeline, CountsSecondBySecond) {
  Timeline timeline(kStart);
  timeline.CountDue();
  timeline.CountDue();
  timeline.CountOutcome(Outcome::kOk, milliseconds(200));
  timeline.SetService(2, 5);
  timeline.AdvanceTo(kStart + milliseconds(1100), 1, 0);
  timeline.CountOutcome(Outcome::kRefused, milliseconds(1));
  timeline.CountOutcome(Outcome::kTimeout, seconds(1));
  timeline.AdvanceTo(kStart + milliseconds(3100), 0, 0);

  const auto& moments = timeline.moments();
  ASSERT_EQ(moments.size(), 3U);
  EXPECT_EQ(moments[0].due, 2U);
  EXPECT_EQ(moments[0].ok, 1U);
  EXPECT_DOUBLE_EQ(moments[0].p99_s.value(), 0.2);
  EXPECT_EQ(moments[0].slots_busy, 2);
  EXPECT_EQ(moments[0].queued, 5);
  EXPECT_EQ(moments[0].in_flight, 1);
  EXPECT_EQ(moments[1].refused, 1U);
  EXPECT_EQ(moments[1].failed, 1U);
  EXPECT_FALSE(moments[1].p99_s);
  EXPECT_EQ(moments[2].failed, 0U);
  EXPECT_DOUBLE_EQ(moments[2].start_s, 2);
}

TEST(Timeline, AStepThatEndsWithinASecondEndsItsInterval) {
  Timeline timeline(kStart);
  timeline.CountDue();
  timeline.AdvanceTo(kStart + milliseconds(500), 0, 1);
  timeline.CountDue();
  timeline.Finish(kStart + milliseconds(900), 0);

  const auto& moments = timeline.moments();
  ASSERT_EQ(moments.size(), 2U);
  EXPECT_EQ(moments[0].step, 0);
  EXPECT_DOUBLE_EQ(moments[0].length_s, 0.5);
  EXPECT_EQ(moments[1].step, 1);
  EXPECT_NEAR(moments[1].length_s, 0.4, 1e-9);
}

TEST(Timeline, TheRestOfAStepThatIsTooShortToDivideByJoinsTheSecondBefore) {
  Timeline timeline(kStart);
  timeline.CountDue();
  timeline.AdvanceTo(kStart + milliseconds(1001), 0, 0);
  timeline.CountDue();
  timeline.AdvanceTo(kStart + milliseconds(1010), 0, 1);

  ASSERT_EQ(timeline.moments().size(), 1U);
  EXPECT_EQ(timeline.moments()[0].due, 2U);
  EXPECT_NEAR(timeline.moments()[0].length_s, 1.01, 1e-9);
}

TEST(Timeline, StaysBoundedAndLosesNothing) {
  constexpr int kSeconds = 30'000;
  Timeline timeline(kStart);
  for (int second = 1; second <= kSeconds; ++second) {
    timeline.CountDue();
    timeline.CountOutcome(Outcome::kOk, milliseconds(second == 100 ? 900 : 10));
    timeline.AdvanceTo(kStart + seconds(second), 0, 0);
  }
  timeline.Finish(kStart + seconds(kSeconds), 0);

  std::uint64_t due = 0;
  double length = 0;
  double longest = 0;
  for (const Moment& moment : timeline.moments()) {
    due += moment.due;
    length += moment.length_s;
    longest = std::max(longest, moment.p99_s.value_or(0));
  }
  EXPECT_LE(timeline.moments().size(), 7200U);
  EXPECT_EQ(due, static_cast<std::uint64_t>(kSeconds));
  EXPECT_NEAR(length, kSeconds, 1e-6);
  EXPECT_NEAR(longest, 0.9, 0.004);
}

TEST(Timeline, ThinningKeepsStepsApart) {
  std::vector<Moment> moments;
  for (int second = 0; second < 100; ++second) {
    moments.push_back({.start_s = static_cast<double>(second), .length_s = 1, .step = second / 50, .due = 1});
  }

  const auto thinned = Thinned(moments, 10);

  ASSERT_LE(thinned.size(), 10U);
  std::uint64_t first = 0;
  for (const Moment& moment : thinned) first += moment.step == 0 ? moment.due : 0;
  EXPECT_EQ(first, 50U);
}

}  // namespace
}  // namespace doclayout::bench
