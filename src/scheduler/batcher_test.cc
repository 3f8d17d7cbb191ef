#include "scheduler/batcher.h"

#include <gtest/gtest.h>

#include <chrono>

namespace doclayout::scheduler {
namespace {

using std::chrono::milliseconds;

TEST(Batcher, TakesOnePageAtOnceByDefault) {
  const Batcher batcher({});

  EXPECT_EQ(batcher.Take(3, milliseconds(0)), 1);
}

TEST(Batcher, LeavesAtOnceWhenFull) {
  const Batcher batcher({.max_batch_size = 4, .max_queue_delay = milliseconds(5)});

  EXPECT_EQ(batcher.Take(9, milliseconds(0)), 4);
}

TEST(Batcher, WaitsForCompanyUntilTheDelayIsOver) {
  const Batcher batcher({.max_batch_size = 4, .max_queue_delay = milliseconds(5)});

  EXPECT_EQ(batcher.Take(3, milliseconds(4)), 0);
  EXPECT_EQ(batcher.Take(3, milliseconds(5)), 3);
}

TEST(Batcher, LeavesAtOnceWithAPreferredSize) {
  const Batcher batcher({.max_batch_size = 8, .max_queue_delay = milliseconds(5), .preferred_sizes = {4, 2}});

  EXPECT_EQ(batcher.Take(1, milliseconds(0)), 0);
  EXPECT_EQ(batcher.Take(3, milliseconds(0)), 2);
  EXPECT_EQ(batcher.Take(5, milliseconds(0)), 4);
  EXPECT_EQ(batcher.Take(8, milliseconds(0)), 8);
}

TEST(Batcher, ForgetsPreferredSizesThatCannotBe) {
  const Batcher batcher({.max_batch_size = 4, .max_queue_delay = milliseconds(5), .preferred_sizes = {0, -1, 6}});

  EXPECT_TRUE(batcher.options().preferred_sizes.empty());
}

}  // namespace
}  // namespace doclayout::scheduler
