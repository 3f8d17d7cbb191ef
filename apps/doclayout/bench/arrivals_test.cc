#include "bench/arrivals.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <vector>

namespace doclayout::bench {
namespace {

using std::chrono::milliseconds;

std::vector<double> Take(Arrivals& arrivals, int count) {
  std::vector<double> moments;
  for (int i = 0; i < count; ++i) {
    moments.push_back(std::chrono::duration<double>(*arrivals.Next()).count());
    arrivals.Take();
  }
  return moments;
}

TEST(Arrivals, ConstantOnesKeepTheirDistanceWithoutDrift) {
  const auto arrivals = ConstantArrivals(3);

  const auto moments = Take(*arrivals, 30'001);

  EXPECT_EQ(moments[0], 0);
  EXPECT_NEAR(moments[1], 1.0 / 3, 1e-9);
  EXPECT_NEAR(moments[30'000], 10'000, 1e-6);
}

TEST(Arrivals, IndependentOnesHaveTheRateAndTheSpreadOfAPoissonProcess) {
  constexpr int kCount = 100'000;
  constexpr double kRate = 50;
  const auto arrivals = PoissonArrivals(kRate, 7);

  const auto moments = Take(*arrivals, kCount);

  double squares = 0;
  int longer_than_mean = 0;
  for (std::size_t i = 1; i < moments.size(); ++i) {
    const double distance = moments[i] - moments[i - 1];
    ASSERT_GE(distance, 0);
    squares += distance * distance;
    longer_than_mean += distance > 1 / kRate ? 1 : 0;
  }
  EXPECT_NEAR(moments.back(), kCount / kRate, 0.02 * kCount / kRate);
  EXPECT_NEAR(squares / kCount, 2 / (kRate * kRate), 0.05 / (kRate * kRate));
  EXPECT_NEAR(longer_than_mean / static_cast<double>(kCount), std::exp(-1), 0.01);
}

TEST(Arrivals, TheSeedDecides) {
  EXPECT_EQ(Take(*PoissonArrivals(10, 1), 100), Take(*PoissonArrivals(10, 1), 100));
  EXPECT_NE(Take(*PoissonArrivals(10, 1), 100), Take(*PoissonArrivals(10, 2), 100));
}

TEST(Arrivals, OfAnOpenLoopDoNotWaitForAnswers) {
  const auto arrivals = ConstantArrivals(10);
  arrivals->Take();

  arrivals->Release(milliseconds(900));

  EXPECT_EQ(*arrivals->Next(), milliseconds(100));
}

TEST(Arrivals, OfAClosedLoopComeWhenACallerIsFree) {
  const auto arrivals = ClosedLoop(2);
  EXPECT_EQ(*arrivals->Next(), Duration::zero());
  arrivals->Take();
  arrivals->Take();
  EXPECT_FALSE(arrivals->Next());

  arrivals->Release(milliseconds(300));
  arrivals->Release(milliseconds(200));

  EXPECT_EQ(*arrivals->Next(), milliseconds(200));
  arrivals->Take();
  EXPECT_EQ(*arrivals->Next(), milliseconds(300));
}

}  // namespace
}  // namespace doclayout::bench
