#include "runtime/onnxruntime/pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "runtime/onnxruntime/half.h"

namespace doclayout::runtime {
namespace {

using testing::ElementsAre;

/// Two pixels: blue 0 and 64, green 128 and 192, red 255 and 32.
const std::vector<std::uint8_t> kPixels{0, 128, 255, 64, 192, 32};

TEST(PixelTable, MakesPlanesInTheOrderOfThePixels) {
  const PixelTable table({.mean = {0, 0, 0}, .deviation = {1, 1, 1}});
  std::vector<float> planes(6);

  table.Fill(kPixels, std::span(planes));

  EXPECT_THAT(planes, ElementsAre(0, 64 / 255.0F, 128 / 255.0F, 192 / 255.0F, 1, 32 / 255.0F));
}

TEST(PixelTable, MakesPlanesInTheOtherOrderWithMeansInThatOrder) {
  const PixelTable table(
      {.mean = {0.5F, 0, 0}, .deviation = {2, 1, 1}, .channels = model::ChannelOrder::kRedGreenBlue});
  std::vector<float> planes(6);

  table.Fill(kPixels, std::span(planes));

  EXPECT_THAT(planes, ElementsAre(0.25F, (32 / 255.0F - 0.5F) / 2, 128 / 255.0F, 192 / 255.0F, 0, 64 / 255.0F));
}

TEST(PixelTable, MakesHalves) {
  const PixelTable table({.mean = {0, 0, 0}, .deviation = {1, 1, 1}});
  std::vector<std::uint16_t> planes(6);

  table.Fill(kPixels, std::span(planes));

  EXPECT_EQ(planes[0], 0x0000);
  EXPECT_EQ(planes[4], 0x3C00);
  EXPECT_NEAR(HalfToFloat(planes[1]), 64 / 255.0F, 1e-4F);
}

TEST(Half, GoesThereAndBackForAllFiniteNumbers) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    if ((bits & 0x7C00U) == 0x7C00U) continue;
    ASSERT_EQ(FloatToHalf(HalfToFloat(static_cast<std::uint16_t>(bits))), bits);
  }
}

TEST(Half, KeepsWhatIsNoNumber) {
  EXPECT_EQ(HalfToFloat(0x7C00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(HalfToFloat(0xFC00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(HalfToFloat(0x7E00)));
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::infinity()), 0x7C00);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::nanf("")))));
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(FloatToHalf(65519), 0x7BFF);
  EXPECT_EQ(FloatToHalf(65520), 0x7C00);
  EXPECT_EQ(FloatToHalf(1 + 0x1p-11F), 0x3C00);
  EXPECT_EQ(FloatToHalf(1 + 3 * 0x1p-11F), 0x3C02);
  EXPECT_EQ(FloatToHalf(0x1p-25F), 0x0000);
  EXPECT_EQ(FloatToHalf(-3 * 0x1p-25F), 0x8002);
}

}  // namespace
}  // namespace doclayout::runtime
