#include "last_resort.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>

namespace doclayout {
namespace {

TEST(LastResort, EndsTheProcessWhateverHangs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");

  EXPECT_EXIT(
      {
        LastResort last_resort;
        last_resort.Arm(7, std::chrono::milliseconds(10));
        std::promise<void>().get_future().wait();
      },
      testing::ExitedWithCode(7), "");
}

TEST(LastResort, LetsTheProcessLiveThatEndsInTime) {
  std::optional<LastResort> last_resort(std::in_place);
  last_resort->Arm(7, std::chrono::hours(1));

  last_resort.reset();
}

}  // namespace
}  // namespace doclayout
