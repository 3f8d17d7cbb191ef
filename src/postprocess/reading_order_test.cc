#include "postprocess/reading_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;

std::vector<std::size_t> Order(std::initializer_list<Box> boxes) {
  std::vector<OrderedBox> entries;
  for (const Box& box : boxes) entries.push_back({box, Band::kBody});
  return XyCutOrder(entries);
}

TEST(XyCut, ReadsOneColumnFromTheTop) {
  EXPECT_THAT(Order({{0, 200, 100, 300}, {0, 0, 100, 90}, {0, 100, 100, 190}}), ElementsAre(1, 2, 0));
}

TEST(XyCut, ReadsColumnsOneAfterTheOtherBelowATitleOfFullWidth) {
  EXPECT_THAT(Order({{310, 60, 600, 400}, {0, 0, 600, 50}, {0, 60, 290, 200}, {0, 210, 290, 400}}),
              ElementsAre(1, 2, 3, 0));
}

TEST(XyCut, ParagraphsThatEndAtOneHeightDoNotTearColumnsApart) {
  EXPECT_THAT(Order({{0, 60, 290, 200}, {310, 60, 600, 200}, {0, 210, 290, 400}, {310, 210, 600, 400}}),
              ElementsAre(0, 2, 1, 3));
}

TEST(XyCut, AFigureOfFullWidthEndsTheColumnsAboveIt) {
  EXPECT_THAT(
      Order({{0, 0, 290, 200}, {310, 0, 600, 200}, {0, 220, 600, 400}, {0, 420, 290, 600}, {310, 420, 600, 600}}),
      ElementsAre(0, 1, 2, 3, 4));
}

TEST(XyCut, DetectionsThatOverlapTheGapAreStillColumns) {
  EXPECT_THAT(Order({{0, 0, 303, 200}, {299, 0, 600, 200}, {0, 197, 301, 400}, {300, 198, 600, 400}}),
              ElementsAre(0, 2, 1, 3));
}

TEST(XyCut, RunningHeadsComeFirstAndFeetLast) {
  const std::vector<OrderedBox> boxes{{{310, 50, 600, 400}, Band::kBody},
                                      {{0, 50, 290, 400}, Band::kBody},
                                      {{500, 0, 600, 10}, Band::kHead},
                                      {{0, 0, 100, 10}, Band::kHead},
                                      {{0, 410, 100, 420}, Band::kFoot}};

  EXPECT_THAT(XyCutOrder(boxes), ElementsAre(3, 2, 1, 0, 4));
}

TEST(XyCut, ReadsAMastheadBeforeTheLineBelowIt) {
  const std::vector<OrderedBox> boxes{
      {{50, 130, 100, 145}, Band::kHead}, {{160, 60, 720, 105}, Band::kHead}, {{780, 130, 830, 145}, Band::kHead}};

  EXPECT_THAT(XyCutOrder(boxes), ElementsAre(1, 0, 2));
}

TEST(XyCut, AuthorsAboveTheGapAreReadBeforeShortHeadingsOfTheColumns) {
  EXPECT_THAT(Order({{380, 170, 535, 190},    // authors, across the gap
                     {85, 220, 150, 240},     // heading left
                     {467, 220, 536, 240},    // heading right
                     {84, 245, 445, 530},     // text left
                     {463, 245, 827, 630}}),  // text right
              ElementsAre(0, 1, 3, 2, 4));
}

TEST(XyCut, ATitleBetweenALogoAndAnAddressComesAfterBoth) {
  EXPECT_THAT(Order({{0, 0, 100, 80}, {500, 0, 600, 80}, {220, 90, 380, 120}, {0, 130, 600, 400}}),
              ElementsAre(0, 1, 2, 3));
}

TEST(XyCut, ThreeColumnsUnderAHeadlineOverTwoOfThem) {
  EXPECT_THAT(Order({{0, 0, 390, 50},       // headline over columns 1 and 2
                     {0, 60, 190, 400},     // column 1
                     {200, 60, 390, 400},   // column 2
                     {400, 0, 600, 400}}),  // column 3
              ElementsAre(0, 1, 2, 3));
}

TEST(XyCut, BoxesThatTangleAreReadByHeight) {
  // A pinwheel: no cut goes through.
  EXPECT_THAT(Order({{0, 0, 60, 30}, {70, 0, 100, 60}, {40, 70, 100, 100}, {0, 40, 30, 100}, {35, 35, 65, 65}}),
              testing::AllOf(testing::SizeIs(5), testing::Contains(4),
                             testing::ElementsAre(0, testing::_, testing::_, testing::_, testing::_)));
}

TEST(XyCut, IdenticalBoxesKeepTheirOrder) {
  EXPECT_THAT(Order({{0, 0, 10, 10}, {0, 0, 10, 10}, {0, 0, 10, 10}}), ElementsAre(0, 1, 2));
}

/// Boxes that peel off one by one: two lines over the rest, a bar left of what remains, and so on.
std::vector<OrderedBox> NestedLs(int count) {
  std::vector<OrderedBox> boxes;
  const float size = 15.0F * static_cast<float>(count);
  float left = 0;
  float top = 0;
  for (int i = 0; i < count; ++i) {
    if (i % 3 < 2) {
      boxes.push_back({{left, top, size, top + 8}, Band::kBody});
      top += 10;
    } else {
      boxes.push_back({{left, top, left + 8, size}, Band::kBody});
      left += 10;
    }
  }
  return boxes;
}

void ExpectAPermutation(std::vector<std::size_t> order, std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::sort(order.begin(), order.end());
  ASSERT_EQ(order, all);
}

TEST(XyCut, ReadsNestedLsFromTheOutside) {
  std::vector<std::size_t> outside_in(90);
  std::iota(outside_in.begin(), outside_in.end(), std::size_t{0});

  EXPECT_EQ(XyCutOrder(NestedLs(90)), outside_in);
}

TEST(XyCut, EndsForThousandsOfBoxesWhateverTheirShape) {
  constexpr int kCount = 5000;
  std::vector<OrderedBox> staircase;
  std::vector<OrderedBox> onion;
  std::vector<OrderedBox> combs;
  for (int i = 0; i < kCount; ++i) {
    const auto at = static_cast<float>(i);
    staircase.push_back({{at, at, at + 100, at + 100}, Band::kBody});
    onion.push_back({{at, at, 20'000 - at, 20'000 - at}, Band::kBody});
    const bool tooth = i % 2 == 1;
    combs.push_back({tooth ? Box{at, 0, at + 1, 9000} : Box{0, at, 9000, at + 1}, Band::kBody});
  }

  for (const auto& boxes : {NestedLs(kCount), staircase, onion, combs}) {
    ExpectAPermutation(XyCutOrder(boxes), boxes.size());
  }
}

TEST(XyCut, DoesNotDependOnTheOrderOfTheBoxes) {
  std::mt19937 random(4);
  std::vector<OrderedBox> boxes = NestedLs(300);
  std::vector<Box> expected;
  for (std::size_t i : XyCutOrder(boxes)) expected.push_back(boxes[i].box);

  std::shuffle(boxes.begin(), boxes.end(), random);

  std::vector<Box> order;
  for (std::size_t i : XyCutOrder(boxes)) order.push_back(boxes[i].box);
  EXPECT_EQ(order, expected);
}

TEST(XyCut, AlwaysGivesAPermutation) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<OrderedBox> boxes(random() % 60);
    for (OrderedBox& entry : boxes) {
      const auto x = static_cast<float>(random() % 600);
      const auto y = static_cast<float>(random() % 800);
      entry = {{x, y, x + static_cast<float>(random() % 300), y + static_cast<float>(random() % 200)},
               static_cast<Band>(random() % 3)};
    }
    ExpectAPermutation(XyCutOrder(boxes), boxes.size());
  }
}

}  // namespace
}  // namespace doclayout::postprocess
