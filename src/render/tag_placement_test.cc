#include "render/tag_placement.h"

#include <gtest/gtest.h>

#include <array>
#include <opencv2/imgproc.hpp>

namespace doclayout::render {
namespace {

cv::Mat WhitePage() {
  return {400, 300, CV_8UC3, cv::Scalar(255, 255, 255)};
}

// Stripes, as lines of text are.
void PrintOn(cv::Mat& page, const cv::Rect& area) {
  for (int y = area.y; y < area.y + area.height; y += 4) {
    cv::rectangle(page, cv::Rect(area.x, y, area.width, 2), cv::Scalar(0, 0, 0), cv::FILLED);
  }
}

TEST(TagPlacement, PutsATagAboveItsBoxWhereThereIsRoom) {
  const cv::Mat page = WhitePage();
  const std::array boxes = {cv::Rect(50, 100, 200, 80)};
  TagPlacement placement(page, boxes);

  EXPECT_EQ(placement.PlaceTag({60, 16}, 0), cv::Rect(50, 84, 60, 16));
}

TEST(TagPlacement, HidesNoTextWhereAnotherPlaceIsFree) {
  cv::Mat page = WhitePage();
  const cv::Rect line_above(50, 70, 200, 30);
  PrintOn(page, line_above);
  const std::array boxes = {cv::Rect(50, 100, 200, 80)};
  TagPlacement placement(page, boxes);

  const auto place = placement.PlaceTag({60, 16}, 0);

  ASSERT_TRUE(place);
  EXPECT_TRUE((*place & line_above).empty());
}

TEST(TagPlacement, StaysOnThePage) {
  const cv::Mat page = WhitePage();
  const cv::Rect whole({0, 0}, page.size());
  const std::array boxes = {whole, cv::Rect(280, 380, 20, 20), cv::Rect(0, 0, 1, 1)};
  TagPlacement placement(page, boxes);

  for (std::size_t box = 0; box < boxes.size(); ++box) {
    const auto tag = placement.PlaceTag({90, 16}, box);
    const auto badge = placement.PlaceBadge(24, box);

    ASSERT_TRUE(tag && badge);
    EXPECT_EQ(*tag & whole, *tag);
    EXPECT_EQ(*badge & whole, *badge);
  }
}

TEST(TagPlacement, LaysNoTwoTagsOnOnePlace) {
  const cv::Mat page = WhitePage();
  const cv::Rect same(50, 100, 200, 80);
  const std::array boxes = {same, same, same};
  TagPlacement placement(page, boxes);

  const auto first = placement.PlaceTag({60, 16}, 0);
  const auto second = placement.PlaceTag({60, 16}, 1);
  const auto third = placement.PlaceTag({60, 16}, 2);

  ASSERT_TRUE(first && second && third);
  EXPECT_TRUE((*first & *second).empty());
  EXPECT_TRUE((*first & *third).empty());
  EXPECT_TRUE((*second & *third).empty());
}

TEST(TagPlacement, HasNoPlaceForATagThatIsLargerThanThePage) {
  const cv::Mat page = WhitePage();
  const std::array boxes = {cv::Rect(0, 0, 10, 10)};
  TagPlacement placement(page, boxes);

  EXPECT_EQ(placement.PlaceTag({301, 16}, 0), std::nullopt);
  EXPECT_EQ(placement.PlaceBadge(301, 0), std::nullopt);
}

}  // namespace
}  // namespace doclayout::render
