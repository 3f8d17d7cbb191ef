#include "postprocess/nms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;

TEST(IntersectionOverUnion, OfHalfOverlappingBoxes) {
  EXPECT_NEAR(IntersectionOverUnion({0, 0, 10, 10}, {5, 0, 15, 10}), 50.0 / 150, 1e-6);
  EXPECT_EQ(IntersectionOverUnion({0, 0, 10, 10}, {20, 0, 30, 10}), 0);
  EXPECT_EQ(IntersectionOverUnion({5, 5, 5, 5}, {5, 5, 5, 5}), 0);
}

TEST(SuppressNonMaxima, KeepsTheBestOfOverlappingBoxes) {
  const std::vector<ScoredBox> boxes{{0, 0, 10, 10, 0.6F}, {1, 0, 11, 10, 0.9F}, {50, 0, 60, 10, 0.7F}};

  EXPECT_THAT(SuppressNonMaxima(boxes, {}), ElementsAre(1, 2));
}

TEST(SuppressNonMaxima, OverlapEqualToTheThresholdStays) {
  // Overlap 50, union 100: with the epsilon in the denominator just below one half.
  const std::vector<ScoredBox> boxes{{0, 0, 10, 10, 0.9F}, {0, 0, 10, 5, 0.8F}};

  EXPECT_THAT(SuppressNonMaxima(boxes, {.iou_threshold = 0.5}), ElementsAre(0, 1));
  EXPECT_THAT(SuppressNonMaxima(boxes, {.iou_threshold = 0.49}), ElementsAre(0));
}

TEST(SuppressNonMaxima, EqualScoresKeepTheirOrder) {
  const std::vector<ScoredBox> boxes{{0, 0, 1, 1, 0.5F}, {5, 5, 6, 6, 0.5F}, {9, 9, 10, 10, 0.5F}};

  EXPECT_THAT(SuppressNonMaxima(boxes, {}), ElementsAre(0, 1, 2));
}

TEST(SuppressNonMaxima, LooksAtTheBestCandidatesOnlyAndKeepsSoMany) {
  std::vector<ScoredBox> boxes;
  for (int i = 0; i < 10; ++i) {
    boxes.push_back({i * 10.0, 0, i * 10.0 + 5, 5, static_cast<float>(i) / 10});
  }

  EXPECT_THAT(SuppressNonMaxima(boxes, {.candidates = 3}), ElementsAre(9, 8, 7));
  EXPECT_THAT(SuppressNonMaxima(boxes, {.keep = 2}), ElementsAre(9, 8));
}

}  // namespace
}  // namespace doclayout::postprocess
