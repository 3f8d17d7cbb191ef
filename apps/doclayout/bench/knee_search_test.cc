#include "bench/knee_search.h"

#include <gtest/gtest.h>

#include <vector>

namespace doclayout::bench {
namespace {

/// The rates that are tried of a service that holds so much.
std::vector<double> Search(KneeSearch& search, double holds) {
  std::vector<double> tried;
  while (const auto rate = search.NextRate()) {
    tried.push_back(*rate);
    search.Record(*rate <= holds);
  }
  return tried;
}

TEST(KneeSearch, ClosesInOnWhatIsHeld) {
  for (const double holds : {0.3, 7.7, 16.0, 123.0, 4567.0}) {
    KneeSearch search({.first_rate = 8, .most_steps = 30});

    const auto tried = Search(search, holds);

    ASSERT_TRUE(search.held() && search.broken()) << holds;
    EXPECT_LE(*search.held(), holds);
    EXPECT_GT(*search.broken(), holds);
    EXPECT_LE(*search.broken(), *search.held() * 1.05);
    EXPECT_LE(tried.size(), 20U);
  }
}

TEST(KneeSearch, DoublesUntilARateBreaks) {
  KneeSearch search({.first_rate = 5});

  const auto tried = Search(search, 21);

  EXPECT_EQ(std::vector<double>(tried.begin(), tried.begin() + 5), (std::vector<double>{5, 10, 20, 40, 28.3}));
}

TEST(KneeSearch, EndsAtTheLeastRateWhenNothingIsHeld) {
  KneeSearch search({.first_rate = 1, .least_rate = 0.1, .most_steps = 50});

  const auto tried = Search(search, 0);

  EXPECT_FALSE(search.held());
  EXPECT_EQ(tried.back(), 0.1);
}

TEST(KneeSearch, EndsAtTheMostRateWhenEverythingIsHeld) {
  KneeSearch search({.first_rate = 1, .most_rate = 10});

  EXPECT_EQ(Search(search, 1e9), (std::vector<double>{1, 2, 4, 8, 10}));
  EXPECT_EQ(search.held(), 10);
  EXPECT_FALSE(search.broken());
}

TEST(KneeSearch, HasABoundedNumberOfSteps) {
  KneeSearch search({.first_rate = 1, .precision = 0, .most_steps = 9});

  EXPECT_EQ(Search(search, 3.3).size(), 9U);
}

}  // namespace
}  // namespace doclayout::bench
