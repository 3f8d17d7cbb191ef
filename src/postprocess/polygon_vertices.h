#pragma once

#include <opencv2/core/types.hpp>
#include <vector>

namespace doclayout::postprocess {

/// Which vertices of a mask's contour make the region's outline, as paddlex 3.7.2 chooses them
/// (extract_custom_vertices): the convex ones, those of blunt dents of two and more, and some of those between where
/// two that stay lie further apart than `max_distance`. A corner of 45 degrees, where a mask was cut at the
/// border of the box, is moved to where the full corner would be.
///
/// Thread-safe, as the one below; O(n log n).
std::vector<cv::Point2d> ChooseVertices(const std::vector<cv::Point>& contour, double max_distance);

/// As `transformers` 5.23 chooses them: the convex ones, corners of 45 degrees moved as above.
std::vector<cv::Point2d> ChooseConvexVertices(const std::vector<cv::Point>& contour);

}  // namespace doclayout::postprocess
