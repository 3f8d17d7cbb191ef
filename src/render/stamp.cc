#include "render/stamp.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

namespace doclayout::render {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFontCapHeight = 21;  // of a capital letter at scale 1, pixels
constexpr int kOversampling = 4;

double FontScale(int cap_height) {
  return cap_height * kOversampling / kFontCapHeight;
}

// A little bolder than the font's own stroke: tags are read at a glance.
int FontThickness(int cap_height) {
  return std::max(1, static_cast<int>(std::lround(cap_height * kOversampling * 0.13)));
}

cv::Mat Shrink(const cv::Mat& large, cv::Size size) {
  cv::Mat mask;
  cv::resize(large, mask, size, 0, 0, cv::INTER_AREA);
  return mask;
}

}  // namespace

int TextWidth(std::string_view text, int cap_height) {
  int baseline = 0;
  const cv::Size size =
      cv::getTextSize(std::string(text), kFont, FontScale(cap_height), FontThickness(cap_height), &baseline);
  return (size.width + kOversampling - 1) / kOversampling;
}

cv::Mat TextMask(std::string_view text, cv::Size size, int cap_height, int left, int baseline) {
  cv::Mat large = cv::Mat::zeros(size * kOversampling, CV_8UC1);
  cv::putText(large, std::string(text), cv::Point(left, baseline) * kOversampling, kFont, FontScale(cap_height),
              cv::Scalar(255), FontThickness(cap_height), cv::LINE_AA);
  return Shrink(large, size);
}

cv::Mat DiscMask(int diameter, double inset) {
  const int large_diameter = diameter * kOversampling;
  cv::Mat large = cv::Mat::zeros(large_diameter, large_diameter, CV_8UC1);
  const double radius = (diameter / 2.0 - inset) * kOversampling;
  cv::circle(large, cv::Point(large_diameter / 2, large_diameter / 2), static_cast<int>(radius), cv::Scalar(255),
             cv::FILLED, cv::LINE_AA);
  return Shrink(large, {diameter, diameter});
}

cv::Mat RoundedMask(cv::Size size, int radius) {
  const cv::Size large_size = size * kOversampling;
  const int r = std::min({radius * kOversampling, large_size.width / 2, large_size.height / 2});
  cv::Mat large = cv::Mat::zeros(large_size, CV_8UC1);
  const cv::Scalar full(255);
  cv::rectangle(large, cv::Rect(r, 0, large_size.width - 2 * r, large_size.height), full, cv::FILLED);
  cv::rectangle(large, cv::Rect(0, r, large_size.width, large_size.height - 2 * r), full, cv::FILLED);
  for (const int x : {r, large_size.width - 1 - r}) {
    for (const int y : {r, large_size.height - 1 - r}) {
      cv::circle(large, {x, y}, r, full, cv::FILLED);
    }
  }
  return Shrink(large, size);
}

void Stamp(cv::Mat& canvas, cv::Point origin, const cv::Mat& mask, Colour colour) {
  const cv::Rect area = cv::Rect(origin, mask.size()) & cv::Rect({0, 0}, canvas.size());
  const int bgr[] = {colour.blue, colour.green, colour.red};
  for (int y = area.y; y < area.y + area.height; ++y) {
    const auto* weight = mask.ptr<std::uint8_t>(y - origin.y) + (area.x - origin.x);
    auto* pixel = canvas.ptr<std::uint8_t>(y) + static_cast<std::ptrdiff_t>(area.x) * 3;
    for (int x = 0; x < area.width; ++x, pixel += 3) {
      for (int c = 0; c < 3; ++c) {
        pixel[c] = static_cast<std::uint8_t>((pixel[c] * (255 - weight[x]) + bgr[c] * weight[x] + 127) / 255);
      }
    }
  }
}

}  // namespace doclayout::render
