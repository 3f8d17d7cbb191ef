#include "postprocess/polygon_vertices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

using Contour = std::vector<cv::Point>;
using Vertices = std::vector<cv::Point2d>;
constexpr double kFar = 1e9;  // No two vertices lie further apart.

// All contours run as OpenCV's do: down the left side first.
const Contour kSquare{{0, 0}, {0, 100}, {100, 100}, {100, 0}};

TEST(ChooseVertices, KeepsAConvexPolygon) {
  EXPECT_EQ(ChooseVertices(kSquare, kFar), (Vertices{{0, 0}, {0, 100}, {100, 100}, {100, 0}}));
  EXPECT_EQ(ChooseConvexVertices(kSquare), (Vertices{{0, 0}, {0, 100}, {100, 100}, {100, 0}}));
}

TEST(ChooseVertices, DropsASingleDent) {
  const Contour dented{{0, 0}, {0, 100}, {50, 80}, {100, 100}, {100, 0}};

  EXPECT_EQ(ChooseVertices(dented, kFar), (Vertices{{0, 0}, {0, 100}, {100, 100}, {100, 0}}));
  EXPECT_EQ(ChooseConvexVertices(dented), (Vertices{{0, 0}, {0, 100}, {100, 100}, {100, 0}}));
}

TEST(ChooseVertices, KeepsABluntDentOfTwo) {
  const Contour dented{{0, 0}, {0, 100}, {30, 90}, {70, 90}, {100, 100}, {100, 0}};

  EXPECT_EQ(ChooseVertices(dented, kFar), (Vertices{{0, 0}, {0, 100}, {30, 90}, {70, 90}, {100, 100}, {100, 0}}));
  EXPECT_EQ(ChooseConvexVertices(dented).size(), 4U);
}

TEST(ChooseVertices, DropsASharpDentOfTwoUnlessItsEndsLieFarApart) {
  const Contour notched{{0, 0}, {0, 100}, {30, 100}, {40, 20}, {60, 20}, {70, 100}, {100, 100}, {100, 0}};

  EXPECT_EQ(ChooseVertices(notched, kFar).size(), 6U);
  EXPECT_EQ(ChooseVertices(notched, 39).size(), 7U) << "one vertex between is enough";
  EXPECT_EQ(ChooseVertices(notched, 15).size(), 8U);
}

TEST(ChooseVertices, ADentAcrossTheContoursStartCountsOnlyWhenBothEndsDo) {
  // The dent lies in the left side: one vertex before the start of the list and one behind it.
  const Contour split{{10, 60}, {0, 100}, {100, 100}, {100, 0}, {0, 0}, {10, 40}};

  EXPECT_EQ(ChooseVertices(split, kFar), (Vertices{{0, 100}, {100, 100}, {100, 0}, {0, 0}}));
}

TEST(ChooseVertices, MovesACornerOf45DegreesOutwards) {
  // The lower left corner of a slanted strip, cut at the border of the box.
  const Contour cut{{0, 50}, {50, 100}, {150, 100}, {150, 50}, {100, 0}, {0, 0}};
  const Contour sharp{{0, 0}, {100, 100}, {200, 100}, {200, 0}};

  const Vertices vertices = ChooseVertices(sharp, kFar);

  EXPECT_EQ(ChooseVertices(cut, kFar).size(), 6U) << "135 degrees are not sharp";
  ASSERT_EQ(vertices.size(), 4U);
  EXPECT_NEAR(vertices[0].x, 157.7, 0.1);  // (100 sqrt 2 + 200) / 2 along the bisector at 22.5 degrees.
  EXPECT_NEAR(vertices[0].y, 65.3, 0.1);
  EXPECT_EQ(vertices[1], cv::Point2d(100, 100));
}

TEST(ChooseVertices, TakesContoursThatAreNoPolygon) {
  EXPECT_TRUE(ChooseVertices({}, 1).empty());
  EXPECT_TRUE(ChooseVertices({{3, 3}}, 1).empty());
  EXPECT_TRUE(ChooseVertices({{3, 3}, {9, 3}}, 1).empty());
  EXPECT_TRUE(ChooseConvexVertices({{3, 3}, {9, 3}}).empty());
  EXPECT_TRUE(ChooseVertices({{0, 0}, {0, 0}, {0, 0}}, 1).empty());
}

}  // namespace
}  // namespace doclayout::postprocess
