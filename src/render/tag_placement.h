#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <vector>

namespace doclayout::render {

/// Finds places for tags and badges at regions' boxes where they hide as little of the page as can be: neither its
/// text and pictures, nor each other.
///
/// Not thread-safe. Borrows the page (BGR, not yet drawn on) and the boxes, which must outlive it. Its calls may throw
/// `cv::Exception`.
class TagPlacement {
 public:
  TagPlacement(const cv::Mat& page, std::span<const cv::Rect> boxes) : page_(page), boxes_(boxes) {}

  /// Where a tag of `size` goes for box number `box`, by preference above its left end; that place is then taken. None
  /// when the page is smaller than the tag.
  std::optional<cv::Rect> PlaceTag(cv::Size size, std::size_t box);

  /// Where a round badge of `diameter` goes, by preference outside the box's left top corner; that place is then taken.
  std::optional<cv::Rect> PlaceBadge(int diameter, std::size_t box);

 private:
  std::optional<cv::Rect> Choose(std::span<const cv::Point> candidates, cv::Size size, std::size_t box);
  double Cost(const cv::Rect& place, std::size_t box) const;

  const cv::Mat& page_;
  const std::span<const cv::Rect> boxes_;
  std::vector<cv::Rect> taken_;
};

}  // namespace doclayout::render
