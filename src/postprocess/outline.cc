#include "postprocess/outline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core/types.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace doclayout::postprocess {
namespace {

constexpr double kIsRect = 0.95;     // overlap of box and quad from which the box says it all
constexpr double kIsQuad = 0.8;      // overlap of polygon and quad from which the quad says it all
constexpr double kIsBesides = 0.01;  // overlap with the outline before from which a quad is in its way

// Intersecting costs tens of microseconds: where areas alone decide by more than this, nothing is intersected.
constexpr double kClear = 0.01;

bool Fills(const PolygonOverlap::Shape& rect, const PolygonOverlap::Shape& quad, PolygonOverlap& overlap) {
  // At best the smaller one lies within the larger one.
  const double smaller = std::min(rect.area(), quad.area());
  if (smaller < (kIsRect - kClear) * std::max(rect.area(), quad.area())) return false;
  return overlap.OverUnion(rect, quad) >= kIsRect;
}

bool FillsItsQuad(const PolygonOverlap::Shape& polygon, const PolygonOverlap::Shape& quad, PolygonOverlap& overlap) {
  // But for rounding, a polygon lies within its quad.
  const double filled = polygon.area() / quad.area();
  if (std::abs(filled - kIsQuad) > kClear) return filled > kIsQuad;
  return overlap.OverUnion(polygon, quad) >= kIsQuad;
}

/// Whether any point of the box may lie in the polygon; false for a polygon without points.
bool MayOverlap(const Polygon& polygon, const Box& box) {
  if (polygon.empty()) return false;
  const auto [left, right] = std::ranges::minmax(polygon, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax(polygon, {}, &Point::y);
  return left.x <= box.x2 && right.x >= box.x1 && top.y <= box.y2 && bottom.y >= box.y1;
}

}  // namespace

Polygon RectOf(const Box& box) {
  return {{box.x1, box.y1}, {box.x2, box.y1}, {box.x2, box.y2}, {box.x1, box.y2}};
}

Polygon QuadOf(const Polygon& polygon) {
  std::vector<cv::Point2f> points;
  points.reserve(polygon.size());
  for (const Point& point : polygon) points.emplace_back(point.x, point.y);
  std::array<cv::Point2f, 4> corners;
  cv::minAreaRect(points).points(corners.data());

  cv::Point2f centre(0, 0);
  for (const cv::Point2f& corner : corners) centre += corner;
  centre /= 4.0F;
  const auto angle = [&](const cv::Point2f& corner) { return std::atan2(corner.y - centre.y, corner.x - centre.x); };
  std::stable_sort(corners.begin(), corners.end(),
                   [&](const cv::Point2f& a, const cv::Point2f& b) { return angle(a) < angle(b); });
  const auto top_left = std::min_element(
      corners.begin(), corners.end(), [](const cv::Point2f& a, const cv::Point2f& b) { return a.x + a.y < b.x + b.y; });
  std::rotate(corners.begin(), top_left, corners.end());
  Polygon quad;
  for (const cv::Point2f& corner : corners) quad.push_back({corner.x, corner.y});
  return quad;
}

const Polygon& OutlineChooser::Choose(const Box& box, Polygon polygon) {
  previous_ = Normalise(box, std::move(polygon));
  return previous_;
}

Polygon OutlineChooser::Normalise(const Box& box, Polygon polygon) {
  if (polygon.size() < 4) return RectOf(box);
  switch (shape_) {
    case RegionShape::kRect:
      return RectOf(box);
    case RegionShape::kQuad:
      return QuadOf(polygon);
    case RegionShape::kPoly:
      return polygon;
    case RegionShape::kAuto:
      return Simplest(box, std::move(polygon));
  }
  return polygon;
}

Polygon OutlineChooser::Simplest(const Box& box, Polygon polygon) {
  Polygon rect = RectOf(box);
  Polygon quad = QuadOf(polygon);
  const auto rect_shape = overlap_.Make(rect);
  const auto quad_shape = overlap_.Make(quad);
  if (Fills(rect_shape, quad_shape, overlap_)) return rect;
  if (!FillsItsQuad(overlap_.Make(polygon), quad_shape, overlap_)) return polygon;
  if (MayOverlap(previous_, box) && overlap_.OverSmaller(overlap_.Make(previous_), rect_shape) >= kIsBesides) {
    return polygon;
  }
  return quad;
}

}  // namespace doclayout::postprocess
