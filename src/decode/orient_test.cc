#include "decode/orient.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using testing::At;
using testing::Pattern;
using testing::SamePixels;

/// Pixel by pixel, as the EXIF specification draws it.
Image TurnSlowly(const Image& stored, Orientation orientation) {
  const int w = stored.width();
  const int h = stored.height();
  const bool swaps = orientation >= Orientation::kLeftTop;
  Image upright(swaps ? h : w, swaps ? w : h);
  for (int y = 0; y < upright.height(); ++y) {
    for (int x = 0; x < upright.width(); ++x) {
      int from_x = x;
      int from_y = y;
      switch (orientation) {
        case Orientation::kTopLeft:
          break;
        case Orientation::kTopRight:
          from_x = w - 1 - x;
          break;
        case Orientation::kBottomRight:
          from_x = w - 1 - x;
          from_y = h - 1 - y;
          break;
        case Orientation::kBottomLeft:
          from_y = h - 1 - y;
          break;
        case Orientation::kLeftTop:
          from_x = y;
          from_y = x;
          break;
        case Orientation::kRightTop:
          from_x = y;
          from_y = h - 1 - x;
          break;
        case Orientation::kRightBottom:
          from_x = w - 1 - y;
          from_y = h - 1 - x;
          break;
        case Orientation::kLeftBottom:
          from_x = w - 1 - y;
          from_y = x;
          break;
      }
      std::copy_n(stored.row(from_y) + std::ptrdiff_t{from_x} * 3, 3, upright.row(y) + std::ptrdiff_t{x} * 3);
    }
  }
  return upright;
}

TEST(Orient, TurnsEveryOrientationOfEveryShape) {
  const std::pair<int, int> sizes[] = {{1, 1}, {2, 1}, {1, 2}, {3, 2}, {32, 33}, {65, 31}, {1, 100}, {100, 1}};
  for (const auto& [width, height] : sizes) {
    for (std::uint32_t tag = 1; tag <= 8; ++tag) {
      const Image stored = Pattern(width, height);

      const auto upright = Turn(stored.Clone(), OrientationFromTag(tag));

      ASSERT_TRUE(upright);
      EXPECT_TRUE(SamePixels(*upright, TurnSlowly(stored, OrientationFromTag(tag))))
          << width << "x" << height << " " << tag;
    }
  }
}

TEST(Orient, SixTurnsARowIntoAColumnClockwise) {
  const Image stored = Pattern(2, 1);

  const auto upright = Turn(stored.Clone(), Orientation::kRightTop);

  ASSERT_TRUE(upright);
  EXPECT_EQ(At(*upright, 0, 0), At(stored, 0, 0));
  EXPECT_EQ(At(*upright, 0, 1), At(stored, 1, 0));
}

TEST(Orient, UprightPixelsAreNotTouched) {
  Image stored = Pattern(4, 4);
  const std::uint8_t* pixels = stored.row(0);

  const auto upright = Turn(std::move(stored), Orientation::kTopLeft);

  ASSERT_TRUE(upright);
  EXPECT_EQ(upright->row(0), pixels);
}

TEST(Orient, MirroringsReportTheTurnThatFollowsTheMirror) {
  // A mirrored picture is mirrored left to right first, then turned by the reported angle.
  const Orientation turns[] = {Orientation::kTopLeft, Orientation::kRightTop, Orientation::kBottomRight,
                               Orientation::kLeftBottom};
  for (const std::uint32_t tag : {2U, 4U, 5U, 7U}) {
    const Orientation orientation = OrientationFromTag(tag);
    auto mirrored = Turn(Pattern(3, 2), Orientation::kTopRight);
    ASSERT_TRUE(mirrored);

    const auto turned = Turn(*std::move(mirrored), turns[RotationDegrees(orientation) / 90]);

    ASSERT_TRUE(turned);
    EXPECT_TRUE(SamePixels(*turned, *Turn(Pattern(3, 2), orientation))) << tag;
  }
  EXPECT_EQ(RotationDegrees(Orientation::kRightTop), 90);
  EXPECT_EQ(RotationDegrees(Orientation::kBottomRight), 180);
  EXPECT_EQ(RotationDegrees(Orientation::kLeftBottom), 270);
}

}  // namespace
}  // namespace doclayout::decode
