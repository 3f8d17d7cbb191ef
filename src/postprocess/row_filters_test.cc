#include "postprocess/row_filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kLabels{"text", "image", "formula"};
constexpr PageSize kTall{.width = 100, .height = 200};

/// Rows numbered by their place, so that a test can say which are left.
std::vector<DetectedRow> Rows(std::vector<DetectedRow> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].index = i;
  return rows;
}

std::vector<std::size_t> Indices(const std::vector<DetectedRow>& rows) {
  std::vector<std::size_t> indices;
  for (const DetectedRow& row : rows) indices.push_back(row.index);
  return indices;
}

DetectionOptions MergeAll(MergeMode mode) {
  DetectionOptions options;
  options.classes.resize(kLabels.size());
  options.merge = mode;
  return options;
}

/// Class by class; classes that are not named keep both.
DetectionOptions MergeClasses(const std::vector<std::pair<std::size_t, MergeMode>>& modes) {
  DetectionOptions options = MergeAll(MergeMode::kUnion);
  options.class_merge = true;
  for (const auto& [label, mode] : modes) options.classes[label].merge = mode;
  return options;
}

/// A text in an image in a larger image.
std::vector<DetectedRow> Nested() {
  return Rows({{.label = 0, .box = {40, 40, 60, 60}},
               {.label = 1, .box = {20, 20, 80, 80}},
               {.label = 1, .box = {0, 0, 100, 100}}});
}

std::vector<std::size_t> LeftOf(std::vector<DetectedRow> rows, const DetectionOptions& options) {
  DropContained(rows, kLabels, options);
  return Indices(rows);
}

TEST(SuppressOverlaps, LeavesTheBetterOneBestFirst) {
  auto rows = Rows({{.score = 0.5F, .box = {0, 0, 99, 99}},
                    {.score = 0.9F, .box = {0, 10, 99, 99}},
                    {.score = 0.95F, .box = {200, 0, 299, 99}}});

  SuppressOverlaps(rows);

  EXPECT_THAT(Indices(rows), ElementsAre(2, 1));
}

TEST(SuppressOverlaps, AllowsMoreBetweenClasses) {
  auto rows = Rows({{.label = 0, .score = 0.9F, .box = {0, 0, 99, 99}},
                    {.label = 1, .score = 0.8F, .box = {0, 10, 99, 99}},
                    {.label = 1, .score = 0.7F, .box = {0, 0, 99, 99}}});

  SuppressOverlaps(rows);

  EXPECT_THAT(Indices(rows), ElementsAre(0, 1));
}

TEST(SuppressOverlaps, CountsTheLastPixelAndDropsAtTheLimit) {
  // 100 pixels each, 75 shared: 75 / 125 = 0.6.
  auto rows = Rows({{.score = 0.9F, .box = {0, 0, 99, 0}}, {.score = 0.8F, .box = {25, 0, 124, 0}}});

  SuppressOverlaps(rows);

  EXPECT_THAT(Indices(rows), ElementsAre(0));
}

TEST(SuppressOverlaps, EqualScoresKeepTheirOrder) {
  auto rows = Rows({{.score = 0.5F, .box = {0, 0, 9, 9}}, {.score = 0.5F, .box = {0, 0, 9, 9}}});

  SuppressOverlaps(rows);

  EXPECT_THAT(Indices(rows), ElementsAre(0));
}

TEST(DropPageSizedImages, DependsOnThePagesFormat) {
  const auto left = [](Box box, PageSize page) {
    auto rows = Rows({{.label = 1, .box = box}, {.label = 0, .box = {0, 0, 5, 5}}});
    DropPageSizedImages(rows, kLabels, page);
    return rows.size();
  };

  EXPECT_EQ(left({0, 0, 100, 186}, kTall), 2U);
  EXPECT_EQ(left({0, 0, 100, 187}, kTall), 1U);
  EXPECT_EQ(left({0, 0, 164, 100}, {.width = 200, .height = 100}), 2U);
  EXPECT_EQ(left({0, 0, 165, 100}, {.width = 200, .height = 100}), 1U);
  EXPECT_EQ(left({-100, -100, 100, 150}, kTall), 2U) << "what lies outside of the page does not count";
}

TEST(DropPageSizedImages, KeepsWhatIsAlone) {
  auto one = Rows({{.label = 1, .box = {0, 0, 100, 200}}});
  auto two = Rows({{.label = 1, .box = {0, 0, 100, 200}}, {.label = 1, .box = {0, 0, 100, 199}}});

  DropPageSizedImages(one, kLabels, kTall);
  DropPageSizedImages(two, kLabels, kTall);

  EXPECT_EQ(one.size(), 1U);
  EXPECT_EQ(two.size(), 2U);
}

TEST(DropContained, KeepsTheOuterOnesTheInnerOnesOrBoth) {
  EXPECT_THAT(LeftOf(Nested(), MergeAll(MergeMode::kUnion)), ElementsAre(0, 1, 2));
  EXPECT_THAT(LeftOf(Nested(), MergeAll(MergeMode::kLarge)), ElementsAre(2));
  EXPECT_THAT(LeftOf(Nested(), MergeAll(MergeMode::kSmall)), ElementsAre(0, 1)) << "the middle one is contained itself";
}

TEST(DropContained, ClassByClassLargeAsksForTheOuterOnesClass) {
  EXPECT_THAT(LeftOf(Nested(), MergeClasses({{1, MergeMode::kLarge}})), ElementsAre(2));
  EXPECT_THAT(LeftOf(Nested(), MergeClasses({{0, MergeMode::kLarge}})), ElementsAre(0, 1, 2));
}

TEST(DropContained, ClassByClassSmallAsksForTheInnerOnesClass) {
  EXPECT_THAT(LeftOf(Nested(), MergeClasses({{1, MergeMode::kSmall}})), ElementsAre(0, 1));
  EXPECT_THAT(LeftOf(Nested(), MergeClasses({{0, MergeMode::kSmall}})), ElementsAre(0))
      << "that the middle one is contained itself is known to the pass of its own class only";
}

TEST(DropContained, TakesNineTenthsForInside) {
  const auto pair = [](float x2) { return Rows({{.box = {0, 0, x2, 10}}, {.box = {0, 0, 90, 100}}}); };

  EXPECT_THAT(LeftOf(pair(100), MergeAll(MergeMode::kLarge)), ElementsAre(1));
  EXPECT_THAT(LeftOf(pair(101), MergeAll(MergeMode::kLarge)), ElementsAre(0, 1));
}

TEST(DropContained, AFormulaIsInsideOfNothingElse) {
  const auto rows = Rows({{.label = 2, .box = {10, 10, 20, 20}},
                          {.label = 0, .box = {0, 0, 50, 50}},
                          {.label = 2, .box = {10, 10, 30, 30}}});

  EXPECT_THAT(LeftOf(rows, MergeAll(MergeMode::kLarge)), ElementsAre(1, 2));
}

TEST(DropContained, BoxesWithoutAreaAreInsideOfNothing) {
  EXPECT_THAT(LeftOf(Rows({{.box = {5, 5, 5, 9}}, {.box = {9, 9, 5, 5}}, {.box = {0, 0, 50, 50}}}),
                     MergeAll(MergeMode::kLarge)),
              ElementsAre(0, 1, 2));
}

TEST(SortByOrder, SortsByOrderThenPriorityAndPutsWhatIsNoNumberLast) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  auto rows =
      Rows({{.order = kNan}, {.order = 3}, {.order = 1, .priority = 2}, {.order = 1, .priority = 7}, {.order = 3}});

  SortByOrder(rows);

  EXPECT_THAT(Indices(rows), ElementsAre(3, 2, 1, 4, 0));
}

TEST(KeepBest, KeepsTheBestInTheirOrder) {
  auto rows = Rows({{.score = 0.1F}, {.score = 0.9F}, {.score = 0.5F}, {.score = 0.5F}});

  KeepBest(rows, 2);

  EXPECT_THAT(Indices(rows), ElementsAre(1, 2));
}

TEST(RowFilters, TakeAPageWithoutRows) {
  std::vector<DetectedRow> none;

  SuppressOverlaps(none);
  DropPageSizedImages(none, kLabels, kTall);
  DropContained(none, kLabels, MergeAll(MergeMode::kLarge));
  SortByOrder(none);

  EXPECT_THAT(none, IsEmpty());
}

}  // namespace
}  // namespace doclayout::postprocess
