#include "preprocess/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace doclayout::preprocess {
namespace {

Image Filled(int width, int height, std::uint8_t blue, std::uint8_t green, std::uint8_t red) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.size_bytes(); i += 3) {
    image.bytes()[i] = blue;
    image.bytes()[i + 1] = green;
    image.bytes()[i + 2] = red;
  }
  return image;
}

TEST(FillInput, KeepsTheOrderOfChannels) {
  const model::InputContract contract{.width = 4, .height = 2};
  std::vector<std::uint8_t> input(InputBytes(contract));

  ASSERT_TRUE(FillInput(Filled(9, 7, 1, 2, 3), contract, input));

  for (std::size_t i = 0; i < input.size(); ++i) EXPECT_EQ(input[i], i % 3 + 1);
}

TEST(FillInput, CopiesAPageOfTheInputsOwnSize) {
  const model::InputContract contract{.width = 2, .height = 2};
  Image image(2, 2);
  for (std::size_t i = 0; i < image.size_bytes(); ++i) image.bytes()[i] = static_cast<std::uint8_t>(i * 20);
  std::vector<std::uint8_t> input(InputBytes(contract));

  ASSERT_TRUE(FillInput(image, contract, input));

  EXPECT_TRUE(std::equal(input.begin(), input.end(), image.bytes().begin()));
}

TEST(FillInput, InterpolatesLinearlyBetweenPixelCentres) {
  const model::InputContract contract{.width = 4, .height = 1};
  Image image(2, 1);
  std::fill_n(image.row(0), 3, std::uint8_t{0});
  std::fill_n(image.row(0) + 3, 3, std::uint8_t{100});
  std::vector<std::uint8_t> input(InputBytes(contract));

  ASSERT_TRUE(FillInput(image, contract, input));

  EXPECT_THAT(input, testing::ElementsAre(0, 0, 0, 25, 25, 25, 75, 75, 75, 100, 100, 100));
}

TEST(FillInput, TakesTheNarrowestPages) {
  const model::InputContract contract{.width = 608, .height = 800};
  std::vector<std::uint8_t> input(InputBytes(contract));

  EXPECT_TRUE(FillInput(Filled(1, 1, 9, 9, 9), contract, input));
  EXPECT_EQ(input.back(), 9);
  EXPECT_TRUE(FillInput(Filled(1, 20'000, 7, 7, 7), contract, input));
  EXPECT_EQ(input.back(), 7);
}

}  // namespace
}  // namespace doclayout::preprocess
