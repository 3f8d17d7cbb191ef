#include "postprocess/intervals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;

testing::Matcher<Interval> Is(float low, float high) {
  return testing::AllOf(testing::Field(&Interval::low, low), testing::Field(&Interval::high, high));
}

TEST(DisjointIntervals, JoinsWhatOverlapsAndLeavesWhatOnlyTouches) {
  const DisjointIntervals joined({{20, 30}, {0, 5}, {5, 10}, {8, 12}});

  EXPECT_THAT(joined.intervals(), ElementsAre(Is(0, 5), Is(5, 12), Is(20, 30)));
}

TEST(DisjointIntervals, KnowsWhatOverlapsThem) {
  const DisjointIntervals columns({{0, 10}, {20, 30}});

  EXPECT_TRUE(columns.Overlap({9, 15}));
  EXPECT_TRUE(columns.Overlap({15, 21}));
  EXPECT_FALSE(columns.Overlap({10, 20}));
  EXPECT_FALSE(columns.Overlap({30, 40}));
}

TEST(DisjointIntervals, JoinsWhatAnIntervalConnects) {
  DisjointIntervals columns({{0, 10}, {20, 30}, {40, 50}, {60, 70}});

  columns.Extend({25, 45});
  columns.Extend({65, 80});

  EXPECT_THAT(columns.intervals(), ElementsAre(Is(0, 10), Is(20, 50), Is(60, 80)));
}

TEST(PartsWithoutEach, CountsAGapThatOneIntervalAloneBridges) {
  const std::vector<Interval> intervals = {{0, 10}, {20, 30}, {5, 25}};

  EXPECT_THAT(PartsWithoutEach(intervals), ElementsAre(1, 1, 2));
}

TEST(PartsWithoutEach, AgreesWithLeavingEachOut) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    std::vector<Interval> intervals(1 + random() % 12);
    for (Interval& interval : intervals) {
      interval.low = static_cast<float>(random() % 30);
      interval.high = interval.low + 1 + static_cast<float>(random() % 12);
    }
    const std::vector<std::size_t> parts = PartsWithoutEach(intervals);

    for (std::size_t i = 0; i < intervals.size(); ++i) {
      std::vector<Interval> others = intervals;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      ASSERT_EQ(parts[i], DisjointIntervals(others).intervals().size()) << "round " << round << ", interval " << i;
    }
  }
}

}  // namespace
}  // namespace doclayout::postprocess
