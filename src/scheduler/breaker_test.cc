#include "scheduler/breaker.h"

#include <gtest/gtest.h>

#include <chrono>

namespace doclayout::scheduler {
namespace {

using std::chrono::seconds;
using State = Breaker::State;

const TimePoint kStart{seconds(100)};

Breaker Opened() {
  Breaker breaker({.failures = 2, .open_for = seconds(5), .longest = seconds(12)});
  breaker.Failed(kStart);
  breaker.Failed(kStart);
  return breaker;
}

TEST(Breaker, OpensAfterFailuresInARow) {
  Breaker breaker({.failures = 2, .open_for = seconds(5)});

  breaker.Failed(kStart);
  EXPECT_EQ(breaker.state(kStart), State::kClosed);
  breaker.Failed(kStart);

  EXPECT_EQ(breaker.state(kStart), State::kOpen);
}

TEST(Breaker, ForgivesFailuresBetweenSuccesses) {
  Breaker breaker({.failures = 2, .open_for = seconds(5)});

  for (int i = 0; i < 10; ++i) {
    breaker.Failed(kStart);
    breaker.Succeeded();
  }

  EXPECT_EQ(breaker.state(kStart), State::kClosed);
}

TEST(Breaker, TriesAgainAfterATime) {
  const Breaker breaker = Opened();

  EXPECT_EQ(breaker.state(kStart + seconds(4)), State::kOpen);
  EXPECT_EQ(breaker.state(kStart + seconds(5)), State::kHalfOpen);
}

TEST(Breaker, ClosesWhenAProbeSucceeds) {
  Breaker breaker = Opened();

  breaker.Succeeded();

  EXPECT_EQ(breaker.state(kStart + seconds(5)), State::kClosed);
}

TEST(Breaker, WaitsLongerAfterEachProbeThatFails) {
  Breaker breaker = Opened();

  breaker.Failed(kStart + seconds(5));
  EXPECT_EQ(breaker.until(), kStart + seconds(15));
  breaker.Failed(kStart + seconds(15));

  EXPECT_EQ(breaker.until(), kStart + seconds(27));  // the longest wait, 12 s
}

TEST(Breaker, DoesNotCountWhatWasOnItsWayWhenItOpened) {
  Breaker breaker = Opened();

  breaker.Failed(kStart + seconds(1));

  EXPECT_EQ(breaker.until(), kStart + seconds(5));
}

TEST(Breaker, OpensWhenAnswersAreOfNoUse) {
  Breaker breaker({.failures = 3, .open_for = seconds(5), .longest = seconds(12)});

  for (int i = 0; i < 2; ++i) {
    breaker.Succeeded();
    breaker.Used(false, kStart);
  }
  EXPECT_EQ(breaker.state(kStart), State::kClosed);
  breaker.Succeeded();
  breaker.Used(false, kStart);

  EXPECT_EQ(breaker.state(kStart), State::kOpen);
  EXPECT_EQ(breaker.until(), kStart + seconds(5));
}

TEST(Breaker, OpensForLongerWithEachNextAnswerOfNoUse) {
  Breaker breaker({.failures = 1, .open_for = seconds(5), .longest = seconds(12)});
  breaker.Used(false, kStart);

  breaker.Succeeded();  // the probe
  breaker.Used(false, kStart + seconds(5));
  EXPECT_EQ(breaker.until(), kStart + seconds(15));
  breaker.Succeeded();
  breaker.Used(false, kStart + seconds(15));

  EXPECT_EQ(breaker.until(), kStart + seconds(27));  // the longest wait
}

TEST(Breaker, WaitsNoLessForAGoodAnswerThatWasOnItsWayWhenItOpened) {
  Breaker breaker = Opened();

  breaker.Used(true, kStart + seconds(1));
  breaker.Failed(kStart + seconds(5));  // the probe

  EXPECT_EQ(breaker.until(), kStart + seconds(15));
}

TEST(Breaker, ForgetsAnswersOfNoUseWithAGoodOne) {
  Breaker breaker({.failures = 2});

  breaker.Used(false, kStart);
  breaker.Used(true, kStart);
  breaker.Used(false, kStart);

  EXPECT_EQ(breaker.state(kStart), State::kClosed);
}

TEST(Breaker, NeverOpensWhenSwitchedOff) {
  Breaker breaker({.failures = 0});

  for (int i = 0; i < 100; ++i) breaker.Failed(kStart);

  EXPECT_EQ(breaker.state(kStart), State::kClosed);
}

}  // namespace
}  // namespace doclayout::scheduler
