#include "postprocess/polygon_overlap.h"

#include <gtest/gtest.h>

#include <vector>

namespace doclayout::postprocess {
namespace {

using Points = std::vector<Point>;
const Points kSquare{{0, 0}, {10, 0}, {10, 10}, {0, 10}};

TEST(PolygonOverlap, MeasuresAgainstUnionAndSmaller) {
  PolygonOverlap overlap;
  const auto square = overlap.Make(kSquare);
  const auto half = overlap.Make(Points{{5, 0}, {25, 0}, {25, 10}, {5, 10}});

  EXPECT_DOUBLE_EQ(square.area(), 100);
  EXPECT_DOUBLE_EQ(overlap.OverUnion(square, half), 50.0 / 250);
  EXPECT_DOUBLE_EQ(overlap.OverSmaller(square, half), 0.5);
}

TEST(PolygonOverlap, TrianglesOverlapByTheirOutlinesNotTheirBoxes) {
  PolygonOverlap overlap;
  const auto lower = overlap.Make(Points{{0, 0}, {0, 10}, {10, 10}});
  const auto upper = overlap.Make(Points{{0, 0}, {10, 0}, {10, 10}});

  EXPECT_DOUBLE_EQ(overlap.OverSmaller(lower, upper), 0);
}

TEST(PolygonOverlap, AnOutlineThatCrossesItselfIsMended) {
  PolygonOverlap overlap;
  const auto bow_tie = overlap.Make(Points{{0, 0}, {10, 10}, {10, 0}, {0, 10}});

  EXPECT_DOUBLE_EQ(bow_tie.area(), 25) << "one wing";
}

TEST(PolygonOverlap, WhatHasNoAreaOverlapsNothing) {
  PolygonOverlap overlap;
  const auto square = overlap.Make(kSquare);

  for (const Points& flat : {Points{}, Points{{1, 1}, {2, 2}}, Points{{0, 0}, {5, 0}, {5, 0}, {0, 0}}}) {
    const auto shape = overlap.Make(flat);
    EXPECT_EQ(overlap.OverUnion(square, shape), 0);
    EXPECT_EQ(overlap.OverSmaller(square, shape), 0);
    EXPECT_EQ(overlap.OverUnion(shape, shape), 0);
  }
}

}  // namespace
}  // namespace doclayout::postprocess
