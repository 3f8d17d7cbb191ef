#include "render/tag_placement.h"

#include <algorithm>
#include <array>
#include <limits>

namespace doclayout::render {
namespace {

// Costs are in grey levels: hiding black text on white costs 60 to 110 of them (the deviation of the pixels beneath).
constexpr double kCostOfATakenPlace = 1000;  // two tags on one place: none can be read
constexpr double kCostOfAnotherRegion = 12;  // a tag in a neighbour's box looks like the neighbour's
constexpr double kCostOfAnotherRank = 2.5;   // what keeps tags at the preferred corner while that is free

double SharedPart(const cv::Rect& place, const cv::Rect& other) {
  return static_cast<double>((place & other).area()) / std::max(1, place.area());
}

}  // namespace

std::optional<cv::Rect> TagPlacement::PlaceTag(cv::Size size, std::size_t box) {
  const cv::Rect& b = boxes_[box];
  const int right = b.x + b.width - size.width;
  const int bottom = b.y + b.height;
  const int badge = size.height * 3 / 2;  // room for one between box and tag
  const std::array candidates = {
      cv::Point(b.x, b.y - size.height),  // above
      cv::Point(right, b.y - size.height),
      cv::Point(b.x, bottom),  // below
      cv::Point(right, bottom),
      cv::Point(b.x + b.width, b.y),  // beside
      cv::Point(b.x + b.width + badge, b.y),
      cv::Point(b.x - size.width, b.y),
      cv::Point(b.x - size.width - badge, b.y),
      cv::Point(right, b.y),  // inside
      cv::Point(right, bottom - size.height),
      cv::Point(b.x, b.y),
  };
  return Choose(candidates, size, box);
}

std::optional<cv::Rect> TagPlacement::PlaceBadge(int diameter, std::size_t box) {
  const cv::Rect& b = boxes_[box];
  const int left = b.x - diameter;
  const int right = b.x + b.width;
  const int middle = b.y + (b.height - diameter) / 2;
  const std::array candidates = {
      cv::Point(left, b.y),  // outside, at the left
      cv::Point(left, b.y - diameter / 2),
      cv::Point(b.x - diameter / 2, b.y - diameter),
      cv::Point(left, middle),
      cv::Point(right, b.y),  // outside, at the right
      cv::Point(right, middle),
      cv::Point(b.x - diameter / 2, b.y - diameter / 2),  // on the corner, on the edge
      cv::Point(b.x - diameter / 2, middle),
      cv::Point(right - diameter, b.y),  // inside
  };
  return Choose(candidates, {diameter, diameter}, box);
}

std::optional<cv::Rect> TagPlacement::Choose(std::span<const cv::Point> candidates, cv::Size size, std::size_t box) {
  if (size.width > page_.cols || size.height > page_.rows) return std::nullopt;
  cv::Rect best;
  double least = std::numeric_limits<double>::infinity();
  double rank_cost = 0;
  for (const cv::Point& candidate : candidates) {
    const cv::Point inside(std::clamp(candidate.x, 0, page_.cols - size.width),
                           std::clamp(candidate.y, 0, page_.rows - size.height));
    const cv::Rect place(inside, size);
    const double cost = Cost(place, box) + rank_cost;
    if (cost < least) {
      least = cost;
      best = place;
    }
    rank_cost += kCostOfAnotherRank;
  }
  taken_.push_back(best);
  return best;
}

double TagPlacement::Cost(const cv::Rect& place, std::size_t box) const {
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(page_(place), mean, deviation);
  double cost = (deviation[0] + deviation[1] + deviation[2]) / 3;
  for (const cv::Rect& taken : taken_) {
    cost += kCostOfATakenPlace * SharedPart(place, taken);
  }
  for (std::size_t i = 0; i < boxes_.size(); ++i) {
    if (i != box) cost += kCostOfAnotherRegion * SharedPart(place, boxes_[i]);
  }
  return cost;
}

}  // namespace doclayout::render
