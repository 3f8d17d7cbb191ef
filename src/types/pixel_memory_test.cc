#include "types/pixel_memory.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "types/image.h"

namespace doclayout {
namespace {

TEST(PixelMemory, GivesTheSameBlockAgain) {
  PixelMemory memory(1000);
  const std::uint8_t* const first = memory.Take(600).get();
  EXPECT_EQ(memory.kept_bytes(), 600U);

  const auto again = memory.Take(500);

  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(memory.kept_bytes(), 0U);
}

TEST(PixelMemory, GivesTheSmallestThatIsLargeEnoughAndNotFarTooLarge) {
  PixelMemory memory(10'000);
  {
    const auto large = memory.Take(4000);
    const auto middle = memory.Take(600);
    const auto small = memory.Take(100);
  }
  EXPECT_EQ(memory.kept_bytes(), 4700U);

  const auto fits = memory.Take(200);
  EXPECT_EQ(memory.kept_bytes(), 4100U) << "the one of 600";
  const auto wasteful = memory.Take(900);
  EXPECT_EQ(memory.kept_bytes(), 4100U) << "4000 is more than four times as much";
}

TEST(PixelMemory, KeepsNoMoreThanItMayAndDropsTheLongestUnused) {
  PixelMemory memory(1000);
  auto first = memory.Take(400);
  auto second = memory.Take(500);
  auto third = memory.Take(450);
  const std::uint8_t* const last = third.get();

  first.reset();
  second.reset();
  EXPECT_EQ(memory.kept_bytes(), 900U);
  third.reset();

  EXPECT_EQ(memory.kept_bytes(), 950U);
  EXPECT_EQ(memory.Take(450).get(), last);
  EXPECT_EQ(memory.Take(5000).get_deleter().capacity, 5000U);
  EXPECT_EQ(memory.kept_bytes(), 950U) << "what is larger than all that may be kept goes back at once";
}

TEST(PixelMemory, ServesThreadsAtOnce) {
  PixelMemory memory(1 << 16);
  std::vector<std::thread> threads;
  for (std::uint8_t id = 1; id <= 4; ++id) {
    threads.emplace_back([&memory, id] {
      for (std::size_t round = 0; round < 2000; ++round) {
        const std::size_t bytes = 1000 + round * 37 % 9000;
        const auto block = memory.Take(bytes);
        block[0] = block[bytes - 1] = id;
        ASSERT_EQ(block[0], id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(memory.kept_bytes(), 1U << 16);
}

TEST(PixelMemory, AMovedImageLeavesNothingBehind) {
  Image image(20, 10);
  image.bytes()[0] = 7;

  Image moved = std::move(image);
  Image assigned;
  assigned = std::move(moved);

  EXPECT_EQ(assigned.bytes()[0], 7);
  EXPECT_EQ(assigned.size_bytes(), 600U);
}

}  // namespace
}  // namespace doclayout
