#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

namespace doclayout::metrics {
namespace {

TEST(Counter, CountsFromManyThreads) {
  Counter counter;
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) counter.Increment();
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(counter.Value(), 40'000U);
}

TEST(Histogram, PutsAValueOnTheLimitIntoTheBucketBelow) {
  Histogram histogram({0.1, 1});

  histogram.Observe(0.1);
  histogram.Observe(0.5);
  histogram.Observe(7);

  EXPECT_EQ(histogram.BucketCount(0), 1U);
  EXPECT_EQ(histogram.BucketCount(1), 1U);
  EXPECT_EQ(histogram.BucketCount(2), 1U);
  EXPECT_DOUBLE_EQ(histogram.Sum(), 7.6);
}

TEST(Histogram, CountsFromManyThreads) {
  Histogram histogram({0.1, 1});
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) histogram.Observe(n % 2 == 0 ? 0.0625 : 0.5, Exemplar{{1}});
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(histogram.BucketCount(0), 20'000U);
  EXPECT_EQ(histogram.BucketCount(1), 20'000U);
  EXPECT_DOUBLE_EQ(histogram.Sum(), 20'000 * 0.5625);
}

TEST(Histogram, DoesNotCountWhatIsNoNumber) {
  Histogram histogram({0.1, 1});

  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  histogram.Observe(std::numeric_limits<double>::quiet_NaN(), Exemplar{{1}});
  histogram.Observe(0.5);

  EXPECT_EQ(histogram.BucketCount(0) + histogram.BucketCount(1) + histogram.BucketCount(2), 1U);
  EXPECT_DOUBLE_EQ(histogram.Sum(), 0.5);
  EXPECT_FALSE(histogram.BucketExemplar(0));
}

TEST(Histogram, KeepsTheLastExemplarOfEachBucket) {
  Histogram histogram({0.1, 1});
  const auto before = std::chrono::system_clock::now();

  histogram.Observe(0.05, Exemplar{{1}});
  histogram.Observe(0.5, Exemplar{{2}});
  histogram.Observe(0.25, Exemplar{{3}});
  histogram.Observe(0.75, Exemplar{});
  histogram.Observe(0.875);

  const auto kept = histogram.BucketExemplar(1);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->exemplar, Exemplar{{3}});
  EXPECT_EQ(kept->value, 0.25);
  EXPECT_LE(before, kept->time);
  EXPECT_LE(kept->time, std::chrono::system_clock::now());
  EXPECT_EQ(histogram.BucketExemplar(0)->exemplar, Exemplar{{1}});
  EXPECT_FALSE(histogram.BucketExemplar(2));
  EXPECT_EQ(histogram.BucketCount(1), 4U);
}

}  // namespace
}  // namespace doclayout::metrics
