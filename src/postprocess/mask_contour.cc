#include "postprocess/mask_contour.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgproc.hpp>

namespace doclayout::postprocess {
namespace {

constexpr double kEpsilonRatio = 0.004;  // mask2polygon in paddlex's layout_analysis/processors.py.

/// A pixel of the enlarged mask that is looked at, and the cell that it shows.
struct Sample {
  int pixel = 0;
  int cell = 0;
};

/// Which pixels of one axis are looked at: the first and the last of each cell, in order.
std::vector<Sample> SampleAxis(int cells, int pixels) {
  // OpenCV's arithmetic (resizeNN in resize.cpp), so that cells end at the same pixels.
  const double cells_a_pixel = 1.0 / (static_cast<double>(pixels) / cells);
  const auto cell_of = [&](int pixel) {
    return std::min(static_cast<int>(std::floor(pixel * cells_a_pixel)), cells - 1);
  };
  const auto first_pixel = [&](int cell) {
    int pixel = std::clamp(static_cast<int>(cell / cells_a_pixel) - 1, 0, pixels);
    while (pixel < pixels && cell_of(pixel) < cell) ++pixel;
    return pixel;
  };
  std::vector<Sample> samples;
  int first = 0;
  for (int cell = 0; cell < cells && first < pixels; ++cell) {
    const int next = cell + 1 < cells ? first_pixel(cell + 1) : pixels;
    if (first < next) samples.push_back({first, cell});
    if (first + 1 < next) samples.push_back({next - 1, cell});
    first = next;
  }
  return samples;
}

}  // namespace

bool MaskCrop::empty() const {
  return std::find(cells.begin(), cells.end(), std::uint8_t{1}) == cells.end();
}

std::vector<cv::Point> TraceMask(const MaskCrop& crop, int width, int height) {
  const std::vector<Sample> columns = SampleAxis(crop.columns, width);
  const std::vector<Sample> rows = SampleAxis(crop.rows, height);
  cv::Mat1b sampled(static_cast<int>(rows.size()), static_cast<int>(columns.size()));
  for (std::size_t y = 0; y < rows.size(); ++y) {
    std::uint8_t* to = sampled.ptr(static_cast<int>(y));
    const std::uint8_t* from = crop.cells.data() + static_cast<std::size_t>(rows[y].cell) * crop.columns;
    for (const Sample& column : columns) *to++ = from[column.cell];
  }

  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(sampled, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  const std::vector<cv::Point>* largest = nullptr;
  double largest_area = 0;
  for (std::vector<cv::Point>& contour : contours) {
    for (cv::Point& point : contour) {
      point = {columns[static_cast<std::size_t>(point.x)].pixel, rows[static_cast<std::size_t>(point.y)].pixel};
    }
    const double area = cv::contourArea(contour);
    if (largest == nullptr || area > largest_area) {
      largest = &contour;
      largest_area = area;
    }
  }
  std::vector<cv::Point> simplified;
  if (largest != nullptr) {
    cv::approxPolyDP(*largest, simplified, kEpsilonRatio * cv::arcLength(*largest, true), true);
  }
  return simplified;
}

}  // namespace doclayout::postprocess
