#include "postprocess/polygon_vertices.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <opencv2/core/matx.hpp>

namespace doclayout::postprocess {
namespace {

constexpr double kSharpAngle = 45;     // degrees
constexpr double kSharpTolerance = 1;  // degrees
constexpr double kBluntAngle = 120;    // degrees

double Length(const cv::Point2d& vector) {
  return std::sqrt(vector.x * vector.x + vector.y * vector.y);
}

/// A vertex and how its sides meet. A vertex that is the same as its neighbour has an angle that is not a number, and
/// no comparison with it holds; the reference relies on the same.
struct Corner {
  cv::Point2d point;
  cv::Point2d to_previous;
  cv::Point2d to_next;
  bool convex = false;
  double angle = 0;  ///< degrees, 0..180

  bool sharp() const { return convex && std::abs(angle - kSharpAngle) < kSharpTolerance; }

  /// Where the corner would be if it had not been cut.
  cv::Point2d Extended() const {
    const double previous = Length(to_previous);
    const double next = Length(to_next);
    const cv::Point2d direction = to_previous / previous + to_next / next;
    return point + direction / Length(direction) * ((previous + next) / 2);
  }
};

std::vector<Corner> MeasureCorners(const std::vector<cv::Point>& contour) {
  const std::size_t count = contour.size();
  std::vector<Corner> corners(count);
  for (std::size_t i = 0; i < count; ++i) {
    Corner& corner = corners[i];
    corner.point = contour[i];
    corner.to_previous = cv::Point2d(contour[(i + count - 1) % count]) - corner.point;
    corner.to_next = cv::Point2d(contour[(i + 1) % count]) - corner.point;
    // Contours run counter-clockwise on the page, y down.
    corner.convex = corner.to_previous.y * corner.to_next.x - corner.to_previous.x * corner.to_next.y < 0;
    const double previous = Length(corner.to_previous);
    const double next = Length(corner.to_next);
    const double cosine = (corner.to_previous.x / previous) * (corner.to_next.x / next) +
                          (corner.to_previous.y / previous) * (corner.to_next.y / next);
    // std::clamp would make a number of what is none.
    corner.angle = std::acos(std::isnan(cosine) ? cosine : std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
  }
  return corners;
}

/// Marks dents of two and more vertices in a row.
///
/// A dent that goes on from the last vertex to the first one spoils it, as in the reference: unless both its ends are
/// long enough by themselves, no dent is kept at all.
std::vector<bool> FindDents(const std::vector<Corner>& corners) {
  const std::size_t count = corners.size();
  std::vector<bool> dents(count);
  for (std::size_t first = 0; first < count;) {
    if (corners[first].convex) {
      ++first;
      continue;
    }
    std::size_t end = first;
    while (end < count && !corners[end].convex) ++end;
    if (end - first >= 2)
      std::fill(dents.begin() + static_cast<std::ptrdiff_t>(first), dents.begin() + static_cast<std::ptrdiff_t>(end),
                true);
    first = end;
  }
  const bool wraps = count >= 2 && !corners.front().convex && !corners.back().convex;
  if (wraps && !(dents.front() && dents.back())) std::fill(dents.begin(), dents.end(), false);
  return dents;
}

/// Marks vertices between the kept ones `from` and `to` (going round), evenly spread, so that none lie further apart
/// than `max_distance`.
void MarkBetween(std::size_t from, std::size_t to, double distance, double max_distance, std::vector<bool>& marked) {
  const std::size_t count = marked.size();
  const std::size_t between = (to + count - from - 1) % count;
  const auto needed = static_cast<std::size_t>(std::ceil(distance / max_distance)) - 1;
  const double step = between <= needed ? 1.0 : static_cast<double>(between) / static_cast<double>(needed);
  for (std::size_t i = 0; i < std::min(between, needed); ++i) {
    const auto offset = static_cast<std::size_t>(static_cast<double>(i) * step);
    marked[(from + 1 + offset) % count] = true;
  }
}

std::vector<cv::Point2d> Collect(const std::vector<Corner>& corners, const std::vector<bool>& marked) {
  std::vector<cv::Point2d> points;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    if (marked[i]) points.push_back(corners[i].sharp() ? corners[i].Extended() : corners[i].point);
  }
  return points;
}

}  // namespace

std::vector<cv::Point2d> ChooseVertices(const std::vector<cv::Point>& contour, double max_distance) {
  const std::vector<Corner> corners = MeasureCorners(contour);
  const std::vector<bool> dents = FindDents(corners);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    if (corners[i].convex || (dents[i] && corners[i].angle >= kBluntAngle)) kept.push_back(i);
  }
  std::vector<bool> marked(corners.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::size_t next = kept[(i + 1) % kept.size()];
    marked[kept[i]] = true;
    const double distance = Length(corners[kept[i]].point - corners[next].point);
    if (distance > max_distance) MarkBetween(kept[i], next, distance, max_distance, marked);
  }
  return Collect(corners, marked);
}

std::vector<cv::Point2d> ChooseConvexVertices(const std::vector<cv::Point>& contour) {
  const std::vector<Corner> corners = MeasureCorners(contour);
  std::vector<bool> convex;
  convex.reserve(corners.size());
  for (const Corner& corner : corners) convex.push_back(corner.convex);
  return Collect(corners, convex);
}

}  // namespace doclayout::postprocess
