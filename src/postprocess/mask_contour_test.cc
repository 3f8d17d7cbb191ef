#include "postprocess/mask_contour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core/mat.hpp>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string_view>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A crop from a drawing: '#' is set, '.' is not.
MaskCrop Draw(std::initializer_list<std::string_view> rows) {
  MaskCrop crop{.columns = static_cast<int>(rows.begin()->size()), .rows = static_cast<int>(rows.size()), .cells = {}};
  for (std::string_view row : rows) {
    for (char cell : row) crop.cells.push_back(cell == '#' ? 1 : 0);
  }
  return crop;
}

/// The reference's way: enlarge, then trace.
std::vector<cv::Point> TraceEnlarged(const MaskCrop& crop, int width, int height) {
  const cv::Mat1b mask(crop.rows, crop.columns, const_cast<std::uint8_t*>(crop.cells.data()));
  cv::Mat1b enlarged;
  cv::resize(mask, enlarged, {width, height}, 0, 0, cv::INTER_NEAREST);
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(enlarged, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  if (contours.empty()) return {};
  const auto largest = std::max_element(contours.begin(), contours.end(), [](const auto& a, const auto& b) {
    return cv::contourArea(a) < cv::contourArea(b);
  });
  std::vector<cv::Point> simplified;
  cv::approxPolyDP(*largest, simplified, 0.004 * cv::arcLength(*largest, true), true);
  return simplified;
}

TEST(TraceMask, EndsAtPixelsOfTheBox) {
  EXPECT_THAT(TraceMask(Draw({"##", "##"}), 10, 6),
              ElementsAre(cv::Point(0, 0), cv::Point(0, 5), cv::Point(9, 5), cv::Point(9, 0)));
}

TEST(TraceMask, TakesTheLargestPart) {
  EXPECT_THAT(TraceMask(Draw({"#..##", "...##"}), 50, 20),
              ElementsAre(cv::Point(30, 0), cv::Point(30, 19), cv::Point(49, 19), cv::Point(49, 0)));
}

TEST(TraceMask, FindsNothingWhereAllIsLostOrBlank) {
  EXPECT_THAT(TraceMask(Draw({"...", "..."}), 30, 30), IsEmpty());
  EXPECT_THAT(TraceMask(Draw({".#."}), 1, 1), IsEmpty()) << "of three cells in one pixel the first one counts";
}

TEST(TraceMask, ABoxMayBeHuge) {
  const auto contour = TraceMask(Draw({"#.", "##"}), 1 << 24, 1 << 24);

  EXPECT_THAT(contour, testing::Contains(cv::Point((1 << 24) - 1, (1 << 24) - 1)));
}

TEST(TraceMask, GivesWhatTracingTheEnlargedMaskGives) {
  std::mt19937 random(7);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  for (int trial = 0; trial < 500; ++trial) {
    MaskCrop crop{.columns = pick(1, 24), .rows = pick(1, 24), .cells = {}};
    std::bernoulli_distribution is_set(pick(1, 9) / 10.0);
    for (int cell = 0; cell < crop.columns * crop.rows; ++cell) crop.cells.push_back(is_set(random) ? 1 : 0);
    const int width = pick(1, 120);
    const int height = pick(1, 120);

    ASSERT_EQ(TraceMask(crop, width, height), TraceEnlarged(crop, width, height))
        << trial << ": " << crop.columns << "x" << crop.rows << " to " << width << "x" << height;
  }
}

}  // namespace
}  // namespace doclayout::postprocess
