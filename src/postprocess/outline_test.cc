#include "postprocess/outline.h"

#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

constexpr Box kBox{0, 0, 100, 100};
const Polygon kRect{{0, 0}, {100, 0}, {100, 100}, {0, 100}};
const Polygon kDiamond{{50, 0}, {0, 50}, {50, 100}, {100, 50}};
const Polygon kL{{0, 0}, {0, 100}, {100, 100}, {100, 70}, {30, 70}, {30, 0}};

/// Chosen for `polygon` alone on its page.
Polygon Chosen(RegionShape shape, const Polygon& polygon) {
  PolygonOverlap overlap;
  return OutlineChooser(shape, overlap).Choose(kBox, polygon);
}

bool AreNear(const Polygon& a, const Polygon& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Point& p, const Point& q) {
    return std::abs(p.x - q.x) < 0.01F && std::abs(p.y - q.y) < 0.01F;
  });
}

TEST(OutlineChooser, TakesTheBoxForLessThanFourPoints) {
  for (RegionShape shape : {RegionShape::kRect, RegionShape::kQuad, RegionShape::kPoly, RegionShape::kAuto}) {
    EXPECT_EQ(Chosen(shape, {}), kRect);
    EXPECT_EQ(Chosen(shape, {{0, 0}, {0, 50}, {50, 50}}), kRect);
  }
}

TEST(OutlineChooser, GivesTheShapeThatIsAskedFor) {
  EXPECT_EQ(Chosen(RegionShape::kRect, kDiamond), kRect);
  EXPECT_EQ(Chosen(RegionShape::kPoly, kL), kL);
  EXPECT_TRUE(AreNear(Chosen(RegionShape::kQuad, kDiamond), {{50, 0}, {100, 50}, {50, 100}, {0, 50}}) ||
              AreNear(Chosen(RegionShape::kQuad, kDiamond), {{0, 50}, {50, 0}, {100, 50}, {50, 100}}))
      << "clockwise from the corner nearest to the top left; two are as near here";
}

TEST(OutlineChooser, AutoIsTheBoxWhereTheQuadFillsIt) {
  EXPECT_EQ(Chosen(RegionShape::kAuto, {{2, 0}, {0, 98}, {98, 100}, {100, 2}}), kRect);
}

TEST(OutlineChooser, AutoIsTheQuadWhereThePolygonFillsThat) {
  const Polygon chosen = Chosen(RegionShape::kAuto, kDiamond);

  EXPECT_EQ(chosen.size(), 4U);
  EXPECT_NE(chosen, kRect);
}

TEST(OutlineChooser, AutoIsThePolygonWhereNoRectangleFits) {
  const Polygon triangle{{50, 0}, {0, 50}, {49, 51}, {100, 50}};

  EXPECT_EQ(Chosen(RegionShape::kAuto, triangle), triangle);
}

TEST(OutlineChooser, AutoTurnsNoRectangleIntoTheOutlineBefore) {
  PolygonOverlap overlap;
  OutlineChooser chooser(RegionShape::kAuto, overlap);

  chooser.Choose({50, 50, 200, 200}, {});
  EXPECT_EQ(chooser.Choose(kBox, kDiamond), kDiamond);

  chooser.Choose({200, 200, 300, 300}, {});
  EXPECT_NE(chooser.Choose(kBox, kDiamond), kDiamond);
}

TEST(OutlineChooser, AnOutlineBeforeWithoutAreaIsNotInTheWay) {
  PolygonOverlap overlap;
  OutlineChooser chooser(RegionShape::kAuto, overlap);

  chooser.Choose({10, 10, 10, 90}, {});

  EXPECT_NE(chooser.Choose(kBox, kDiamond), kDiamond);
}

}  // namespace
}  // namespace doclayout::postprocess
