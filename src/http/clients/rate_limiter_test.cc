#include "http/clients/rate_limiter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace doclayout::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

/// How many requests in a row are let through.
int CountTaken(RateLimiter& limiter, std::string_view client, const Rate& rate, TimePoint now) {
  int taken = 0;
  while (!limiter.Take(client, rate, now)) ++taken;
  return taken;
}

TEST(Rate, HasABurstOfWhatComesInASecondAndOfOneAtLeast) {
  EXPECT_EQ(RateOf(5).burst, 5);
  EXPECT_EQ(RateOf(0.2).burst, 1);
  EXPECT_TRUE(RateOf(0.2).limited());
  EXPECT_FALSE(RateOf(0).limited());
}

TEST(RateLimiter, LetsABurstThroughAndSaysWhenTheNextMayCome) {
  RateLimiter limiter(10);
  const Rate rate{.per_second = 2, .burst = 3};

  EXPECT_EQ(CountTaken(limiter, "a", rate, kStart), 3);

  EXPECT_EQ(limiter.Take("a", rate, kStart), milliseconds(500));
  EXPECT_EQ(limiter.Take("a", rate, kStart + milliseconds(100)), milliseconds(400));
  EXPECT_EQ(limiter.Take("a", rate, kStart + milliseconds(500)), std::nullopt);
  EXPECT_EQ(limiter.Take("a", rate, kStart + milliseconds(500)), milliseconds(500));
}

TEST(RateLimiter, TakesNothingForWhatItRefuses) {
  RateLimiter limiter(10);
  ASSERT_FALSE(limiter.Take("a", RateOf(1), kStart));

  for (int i = 0; i < 100; ++i) ASSERT_TRUE(limiter.Take("a", RateOf(1), kStart));

  EXPECT_FALSE(limiter.Take("a", RateOf(1), kStart + seconds(1)));
}

TEST(RateLimiter, CountsEachClientAlone) {
  RateLimiter limiter(10);
  CountTaken(limiter, "a", RateOf(1), kStart);

  EXPECT_FALSE(limiter.Take("b", RateOf(1), kStart));
}

TEST(RateLimiter, SavesNoMoreThanABurst) {
  RateLimiter limiter(10);
  CountTaken(limiter, "a", RateOf(4), kStart);

  EXPECT_EQ(CountTaken(limiter, "a", RateOf(4), kStart + std::chrono::hours(24)), 4);
}

TEST(RateLimiter, HoldsWholeBurstsAtEveryRate) {
  for (const double per_second : {0.001, 0.1, 0.3, 1.0, 3.0, 7.0, 1e6}) {
    for (const int burst : {1, 2, 3, 7, 1000}) {
      RateLimiter limiter(1);
      EXPECT_EQ(CountTaken(limiter, "a", {.per_second = per_second, .burst = 1.0 * burst}, kStart), burst)
          << per_second;
    }
  }
}

TEST(RateLimiter, SoonForgetsWhatAnotherRateLeftMissing) {
  RateLimiter limiter(10);
  CountTaken(limiter, "a", {.per_second = 0.001, .burst = 1}, kStart);

  EXPECT_EQ(limiter.Take("a", RateOf(10), kStart), milliseconds(100));
}

TEST(RateLimiter, ForgetsAClientWhoseBucketIsFull) {
  RateLimiter limiter(10);
  ASSERT_FALSE(limiter.Take("a", RateOf(1), kStart));
  ASSERT_FALSE(limiter.Take("b", RateOf(1), kStart));
  ASSERT_EQ(limiter.clients(), 2U);

  ASSERT_FALSE(limiter.Take("c", RateOf(1), kStart + seconds(1)));

  EXPECT_EQ(limiter.clients(), 1U);
  EXPECT_EQ(limiter.forgotten_early(), 0U);
}

TEST(RateLimiter, BeyondItsBoundForgetsWhoGainsTheLeast) {
  RateLimiter limiter(2);
  const Rate rate{.per_second = 1, .burst = 5};
  CountTaken(limiter, "greedy", rate, kStart);
  ASSERT_FALSE(limiter.Take("modest", rate, kStart));

  ASSERT_FALSE(limiter.Take("new", rate, kStart));

  EXPECT_EQ(limiter.clients(), 2U);
  EXPECT_EQ(limiter.forgotten_early(), 1U);
  EXPECT_TRUE(limiter.Take("greedy", rate, kStart));
  EXPECT_EQ(CountTaken(limiter, "modest", rate, kStart), 5);
}

/// Callers at random times, of whom the impatient ones ask much too often, the patient ones when they were told to.
class Property : public testing::TestWithParam<unsigned> {};

TEST_P(Property, NoWindowHasMoreThanItsRateAndBurst) {
  std::mt19937 random(GetParam());
  const Rate rate{.per_second = std::exp(std::uniform_real_distribution(-3.0, 5.0)(random)),
                  .burst = std::uniform_real_distribution(1.0, 20.0)(random)};
  std::exponential_distribution<double> pause(rate.per_second * std::uniform_real_distribution(0.5, 5.0)(random));
  RateLimiter limiter(3);
  std::vector<TimePoint> taken;
  TimePoint now = kStart;

  for (int i = 0; i < 2000; ++i) {
    now += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(pause(random)));
    limiter.Take(fmt::format("other {}", i % 2), rate, now);
    const auto wait = limiter.Take("a", rate, now);
    if (wait && i % 3 == 0) {
      ASSERT_GT(*wait, Duration(0));
      ASSERT_TRUE(limiter.Take("a", rate, now + *wait - nanoseconds(1)));
      now += *wait;
      ASSERT_FALSE(limiter.Take("a", rate, now));
    }
    if (!wait || i % 3 == 0) taken.push_back(now);
  }

  for (std::size_t first = 0; first < taken.size(); ++first) {
    for (std::size_t last = first; last < taken.size(); last += 1 + last / 7) {
      const double window = Milliseconds(taken[last] - taken[first]) / 1e3;
      const auto count = static_cast<double>(last - first + 1);
      ASSERT_LE(count, rate.burst + window * rate.per_second + 1e-3);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RateLimiter, Property, testing::Range(0U, 20U));

TEST(RateLimiter, StaysWithinItsBoundWhoeverComes) {
  std::mt19937 random(7);
  RateLimiter limiter(50);
  TimePoint now = kStart;

  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(random() % 20);
    limiter.Take(fmt::format("{}", random() % 200), {.per_second = static_cast<double>(1 + random() % 5), .burst = 3},
                 now);
    ASSERT_LE(limiter.clients(), 50U);
  }

  EXPECT_GT(limiter.forgotten_early(), 0U);
}

}  // namespace
}  // namespace doclayout::http
