#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "render/palette.h"
#include "render/png.h"
#include "render/render.h"
#include "render/stamp.h"
#include "render/tag_placement.h"

namespace doclayout::render {
namespace {

constexpr double kFillOpacity = 0.13;
constexpr std::size_t kLongestLabel = 40;  // characters shown of a label

// Sizes in pixels that follow the page's, so that a thumbnail and a poster look alike.
struct Scale {
  int stroke;      // width of outlines
  int cap_height;  // of tags' letters
};

Scale ScaleOf(const Image& page) {
  const double side = std::sqrt(static_cast<double>(page.width()) * page.height());
  return {.stroke = std::max(1, static_cast<int>(std::lround(side * 0.0025))),
          .cap_height = std::max(6, static_cast<int>(std::lround(side * 0.0105)))};
}

cv::Scalar ToScalar(Colour colour) {
  return {1.0 * colour.blue, 1.0 * colour.green, 1.0 * colour.red};
}

// Kept on the page, so that no coordinate is beyond what OpenCV's fixed-point drawing can take; not-a-number becomes 0.
int ToPixel(float coordinate, int limit) {
  if (!(coordinate > 0)) return 0;
  return static_cast<int>(std::lround(std::min(coordinate, static_cast<float>(limit - 1))));
}

// Of a box: drawn around it and not on its edge, since models put the edge right at the letters.
std::vector<cv::Point> Outline(const Region& region, cv::Size page, int stroke) {
  std::vector<cv::Point> outline;
  outline.reserve(region.polygon.size());
  for (const Point& point : region.polygon) {
    outline.emplace_back(ToPixel(point.x, page.width), ToPixel(point.y, page.height));
  }
  if (!outline.empty()) return outline;

  const int outwards = (stroke + 1) / 2;
  const int left = std::max(ToPixel(region.bbox.x1, page.width) - outwards, stroke / 2);
  const int top = std::max(ToPixel(region.bbox.y1, page.height) - outwards, stroke / 2);
  const int right = std::min(ToPixel(region.bbox.x2, page.width) + outwards, page.width - 1 - stroke / 2);
  const int bottom = std::min(ToPixel(region.bbox.y2, page.height) + outwards, page.height - 1 - stroke / 2);
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
}

void FillTranslucent(cv::Mat& canvas, const std::vector<cv::Point>& outline, Colour colour) {
  const cv::Rect area = cv::boundingRect(outline) & cv::Rect({0, 0}, canvas.size());
  if (area.empty()) return;
  cv::Mat target = canvas(area);
  cv::Mat filled = target.clone();
  cv::fillPoly(filled, std::vector{outline}, ToScalar(colour), cv::LINE_8, 0, -area.tl());
  cv::addWeighted(filled, kFillOpacity, target, 1 - kFillOpacity, 0, target);
}

// The font knows ASCII only: a character beyond it becomes one question mark.
std::string TagText(const Region& region) {
  std::string label;
  for (const char c : region.label) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // a further byte of a UTF-8 character
    label += byte >= 0x20 && byte < 0x7F ? c : '?';
    if (label.size() == kLongestLabel) break;
  }
  return fmt::format("{} {:.2f}", label, region.score);
}

void DrawTag(cv::Mat& canvas, TagPlacement& placement, const Region& region, std::size_t box, Scale scale) {
  const int cap = scale.cap_height;
  const int padding = std::max(2, cap / 2);
  const int above = std::max(2, cap * 2 / 5);
  const int below = std::max(3, cap * 11 / 20);  // the tails of p and q, and the underscore
  const std::string text = TagText(region);
  const cv::Size size(TextWidth(text, cap) + 2 * padding, above + cap + below);

  const std::optional<cv::Rect> place = placement.PlaceTag(size, box);
  if (!place) return;
  const Colour colour = LabelColour(region.label);
  Stamp(canvas, place->tl(), RoundedMask(size, std::max(1, cap / 4)), colour);
  Stamp(canvas, place->tl(), TextMask(text, size, cap, padding, above + cap), TextColour(colour));
}

int BadgeDiameter(const std::string& number, int cap_height) {
  const double diagonal = std::hypot(TextWidth(number, cap_height), cap_height);
  return static_cast<int>(std::lround(std::max(diagonal + cap_height * 0.6, cap_height * 2.0)));
}

void DrawBadge(cv::Mat& canvas, TagPlacement& placement, const Region& region, std::size_t box, Scale scale) {
  const int cap = scale.cap_height;
  const std::string number = std::to_string(*region.order);
  const int diameter = BadgeDiameter(number, cap);
  const std::optional<cv::Rect> place = placement.PlaceBadge(diameter, box);
  if (!place) return;

  const Colour colour = LabelColour(region.label);
  const int left = (diameter - TextWidth(number, cap)) / 2;
  const int baseline = (diameter + cap) / 2;
  Stamp(canvas, place->tl(), DiscMask(diameter, 0), {255, 255, 255});
  Stamp(canvas, place->tl(), DiscMask(diameter, std::max(1.0, cap * 0.14)), colour);
  Stamp(canvas, place->tl(), TextMask(number, place->size(), cap, left, baseline), TextColour(colour));
}

// Fills first and writing last, so that no line crosses a tag; large regions before small ones that lie in them.
void Draw(cv::Mat& canvas, const cv::Mat& page, const PageLayout& layout, Scale scale) {
  std::vector<std::vector<cv::Point>> outlines;
  std::vector<cv::Rect> boxes;
  for (const Region& region : layout.regions) {
    outlines.push_back(Outline(region, canvas.size(), scale.stroke));
    const cv::Rect tight = cv::boundingRect(outlines.back());
    boxes.emplace_back(tight.x - scale.stroke / 2, tight.y - scale.stroke / 2, tight.width + scale.stroke,
                       tight.height + scale.stroke);
  }
  std::vector<std::size_t> by_size(boxes.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::ranges::sort(by_size, {}, [&boxes](std::size_t i) { return std::pair(-boxes[i].area(), i); });

  for (const std::size_t i : by_size) {
    FillTranslucent(canvas, outlines[i], LabelColour(layout.regions[i].label));
  }
  for (const std::size_t i : by_size) {
    const Region& region = layout.regions[i];
    const int line_type = region.polygon.empty() ? cv::LINE_8 : cv::LINE_AA;  // upright lines are sharp without
    cv::polylines(canvas, outlines[i], true, ToScalar(LabelColour(region.label)), scale.stroke, line_type);
  }
  // Small regions choose first: they have the fewest places.
  TagPlacement placement(page, boxes);
  for (auto i = by_size.rbegin(); i != by_size.rend(); ++i) {
    if (layout.regions[*i].order) DrawBadge(canvas, placement, layout.regions[*i], *i, scale);
  }
  for (auto i = by_size.rbegin(); i != by_size.rend(); ++i) {
    DrawTag(canvas, placement, layout.regions[*i], *i, scale);
  }
}

}  // namespace

Result<std::vector<std::uint8_t>> ToAnnotatedPng(const Image& image, const PageLayout& layout) {
  if (image.empty()) return Fail(ErrorCode::kInternal, "The page to draw on has no pixels.");
  try {
    Image drawn = image.Clone();
    cv::Mat canvas(drawn.height(), drawn.width(), CV_8UC3, drawn.bytes().data());
    // OpenCV has no matrix of constant pixels; this one is only read.
    const cv::Mat page(image.height(), image.width(), CV_8UC3, const_cast<std::uint8_t*>(image.bytes().data()));
    Draw(canvas, page, layout, ScaleOf(image));
    return EncodePng(drawn);
  } catch (const std::exception& e) {  // cv::Exception and std::bad_alloc
    return Fail(ErrorCode::kInternal, fmt::format("The page could not be drawn: {}.", e.what()));
  }
}

}  // namespace doclayout::render
