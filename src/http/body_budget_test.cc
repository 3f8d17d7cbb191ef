#include "http/body_budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace doclayout::http {
namespace {

TEST(BodyBudget, GivesNoMoreThanThereIs) {
  const auto budget = std::make_shared<BodyBudget>(100);
  BodyBudget::Share first(budget);
  BodyBudget::Share second(budget);

  EXPECT_TRUE(first.Grow(60));
  EXPECT_FALSE(second.Grow(41));
  EXPECT_TRUE(second.Grow(40));
  EXPECT_FALSE(first.Grow(1));

  EXPECT_EQ(budget->held(), 100U);
}

TEST(BodyBudget, IsNotFooledByHugeNumbers) {
  const auto budget = std::make_shared<BodyBudget>(100);
  BodyBudget::Share share(budget);
  ASSERT_TRUE(share.Grow(50));

  EXPECT_FALSE(share.Grow(std::numeric_limits<std::uint64_t>::max() - 10));
  EXPECT_FALSE(budget->HasRoomFor(std::numeric_limits<std::uint64_t>::max() - 10));
  EXPECT_FALSE(budget->HasRoomFor(51));
  EXPECT_TRUE(budget->HasRoomFor(50));
}

TEST(BodyBudget, TakesBackWhatAShareHeld) {
  const auto budget = std::make_shared<BodyBudget>(100);
  {
    BodyBudget::Share share(budget);
    share.Grow(70);
    const BodyBudget::Share moved = std::move(share);
    EXPECT_EQ(budget->held(), 70U);
  }

  EXPECT_EQ(budget->held(), 0U);
}

TEST(BodyBudget, CountsRightlyFromManyThreads) {
  const auto budget = std::make_shared<BodyBudget>(1000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([budget] {
      for (int round = 0; round < 2000; ++round) {
        BodyBudget::Share share(budget);
        share.Grow(300);
        if (budget->held() > 1000) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(budget->held(), 0U);
}

}  // namespace
}  // namespace doclayout::http
