#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace doclayout::bench {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Histogram, IsZeroWithoutTimes) {
  const Histogram histogram;

  EXPECT_EQ(histogram.Quantile(0.99), 0);
  EXPECT_EQ(histogram.Mean(), 0);
  EXPECT_EQ(histogram.Most(), 0);
}

TEST(Histogram, EveryTimeIsOffByLessThanOnePercent) {
  for (int power = 0; power < 600; ++power) {
    Histogram histogram;
    const auto whole = static_cast<std::int64_t>(std::pow(1.037, power));
    // Two neighbours, so that the least and the most do not give the answer away.
    histogram.Record(microseconds(1));
    histogram.Record(microseconds(whole));
    histogram.Record(seconds(4294));

    const double seen = histogram.Quantile(0.5) * 1e6;
    EXPECT_NEAR(seen, static_cast<double>(whole), std::max(0.5, 0.004 * static_cast<double>(whole))) << whole;
  }
}

TEST(Histogram, QuantilesAreByNearestRank) {
  Histogram histogram;
  for (int millisecond = 1; millisecond <= 100; ++millisecond) histogram.Record(milliseconds(millisecond));

  EXPECT_NEAR(histogram.Quantile(0.5), 0.050, 0.0002);
  EXPECT_NEAR(histogram.Quantile(0.99), 0.099, 0.0004);
  EXPECT_DOUBLE_EQ(histogram.Quantile(1), 0.1);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0), 0.001);
  EXPECT_NEAR(histogram.Mean(), 0.0505, 1e-9);
}

TEST(Histogram, TimesOutsideItsRangeCountAsItsEnds) {
  Histogram histogram;
  histogram.Record(milliseconds(-5));
  histogram.Record(hours(100));

  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.Least(), 0);
  EXPECT_NEAR(histogram.Most(), 4295, 1);
}

TEST(Histogram, MergedIsAsIfAllHadGoneIntoOne) {
  Histogram all;
  Histogram odd;
  Histogram even;
  for (int i = 1; i <= 1000; ++i) {
    all.Record(microseconds(i * i));
    (i % 2 == 1 ? odd : even).Record(microseconds(i * i));
  }

  odd.Merge(even);
  odd.Merge(Histogram());

  EXPECT_EQ(odd.count(), all.count());
  EXPECT_EQ(odd.Quantile(0.9), all.Quantile(0.9));
  EXPECT_EQ(odd.Least(), all.Least());
  EXPECT_EQ(odd.Most(), all.Most());
}

TEST(Histogram, IsEmptyAgainAfterClear) {
  Histogram histogram;
  histogram.Record(seconds(1));

  histogram.Clear();
  histogram.Record(milliseconds(2));

  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.5), 0.002);
}

}  // namespace
}  // namespace doclayout::bench
