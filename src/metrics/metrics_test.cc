#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "metrics/registry.h"

namespace doclayout::metrics {
namespace {

using testing::HasSubstr;

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

TEST(Registry, ExposesSeriesOfOneNameTogether) {
  Registry registry;
  registry.AddCounter("a_total", "Counts a", {{"kind", "x\"\n"}}).Increment(2);
  registry.AddGauge("b", "Holds b").Set(0.5);
  registry.AddCounter("a_total", "Counts a", {{"kind", "y"}});

  const std::string text = registry.Expose(Registry::Format::kPrometheusText);

  EXPECT_EQ(text,
            "# HELP a_total Counts a\n# TYPE a_total counter\na_total{kind=\"x\\\"\\n\"} 2\na_total{kind=\"y\"} 0\n"
            "# HELP b Holds b\n# TYPE b gauge\nb 0.5\n");
}

TEST(Registry, ExposesHistogramsSummedUp) {
  Registry registry;
  Histogram& histogram = registry.AddHistogram("h_seconds", "Times", {0.1, 1});
  histogram.Observe(0.05);
  histogram.Observe(0.5);

  const std::string text = registry.Expose(Registry::Format::kPrometheusText);

  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"0.1\"} 1\nh_seconds_bucket{le=\"1\"} 2\n"
                              "h_seconds_bucket{le=\"+Inf\"} 2\nh_seconds_sum 0.55\nh_seconds_count 2\n"));
}

TEST(Registry, OpenMetricsEndsWithItsMarkAndNamesFamiliesWithoutSuffix) {
  Registry registry;
  registry.AddCounterFunction("cpu_seconds_total", "CPU", {}, [] { return 1.5; });

  const std::string text = registry.Expose(Registry::Format::kOpenMetrics);

  EXPECT_EQ(text, "# HELP cpu_seconds CPU\n# TYPE cpu_seconds counter\ncpu_seconds_total 1.5\n# EOF\n");
}

TEST(RegistryDeathTest, TheSameSeriesTwiceAborts) {
  Registry registry;
  registry.AddGauge("b", "Holds b");

  EXPECT_DEATH(registry.AddGauge("b", "Holds b"), "");
  EXPECT_DEATH(registry.AddCounter("without_suffix", "x"), "");
}

}  // namespace
}  // namespace doclayout::metrics
