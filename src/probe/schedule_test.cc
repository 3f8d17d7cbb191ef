#include "probe/schedule.h"

#include <gtest/gtest.h>

namespace doclayout::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(seconds(1000));

TEST(Schedule, TheFirstIsDueAtOnce) {
  EXPECT_EQ(Schedule(kStart, seconds(30)).due(), kStart);
}

TEST(Schedule, CallsDoNotDrift) {
  Schedule schedule(kStart, seconds(30));

  for (int call = 1; call <= 1000; ++call) {
    schedule.Advance(schedule.due() + milliseconds(700));
    ASSERT_EQ(schedule.due(), kStart + call * seconds(30));
  }
}

TEST(Schedule, WhatFallsDueDuringACallIsLeftOut) {
  Schedule schedule(kStart, seconds(30));

  schedule.Advance(kStart + seconds(95));

  EXPECT_EQ(schedule.due(), kStart + seconds(120));
}

TEST(Schedule, ACallThatTakesThePeriodIsFollowedByTheOneBehindIt) {
  Schedule schedule(kStart, seconds(30));

  schedule.Advance(kStart + seconds(30));

  EXPECT_EQ(schedule.due(), kStart + seconds(60));
}

TEST(Schedule, ACallBeforeItsTimeCounts) {
  Schedule schedule(kStart, seconds(30));

  schedule.Advance(kStart - milliseconds(1));

  EXPECT_EQ(schedule.due(), kStart + seconds(30));
}

}  // namespace
}  // namespace doclayout::probe
