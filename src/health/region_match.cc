#include "health/region_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <tuple>

namespace doclayout::health {
namespace {

constexpr double kSamePlace = 0.5;

double IntersectionOverUnion(const Box& a, const Box& b) {
  const double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(width > 0 && height > 0)) return 0;  // also where something is no number
  const double common = width * height;
  const double both = static_cast<double>(a.area()) + b.area() - common;
  return both > 0 ? common / both : 0;
}

struct Pair {
  bool same_label = false;
  double iou = 0;
  std::size_t recorded = 0;
  std::size_t found = 0;
};

/// Every two that are in the same place; those of one label first, then by how well they agree.
std::vector<Pair> Pairs(const std::vector<Region>& recorded, const std::vector<Region>& found) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    for (std::size_t j = 0; j < found.size(); ++j) {
      const double iou = IntersectionOverUnion(recorded[i].bbox, found[j].bbox);
      if (iou >= kSamePlace) pairs.push_back({recorded[i].label == found[j].label, iou, i, j});
    }
  }
  std::ranges::sort(pairs, [](const Pair& a, const Pair& b) {
    return std::tie(b.same_label, b.iou, a.recorded, a.found) < std::tie(a.same_label, a.iou, b.recorded, b.found);
  });
  return pairs;
}

Status Grade(double value, double warn, double worst) {
  if (!(value <= worst)) return Status::kUnhealthy;
  return value > warn ? Status::kWarning : Status::kHealthy;
}

}  // namespace

RegionMatch MatchRegions(const std::vector<Region>& recorded, const std::vector<Region>& found) {
  RegionMatch match{.expected = static_cast<int>(recorded.size()), .found = static_cast<int>(found.size())};
  std::vector<bool> recorded_taken(recorded.size());
  std::vector<bool> found_taken(found.size());
  double iou = 0;
  double score = 0;
  for (const Pair& pair : Pairs(recorded, found)) {
    if (recorded_taken[pair.recorded] || found_taken[pair.found]) continue;
    recorded_taken[pair.recorded] = found_taken[pair.found] = true;
    if (!pair.same_label) {
      ++match.relabelled;
      continue;
    }
    ++match.matched;
    iou += pair.iou;
    score += static_cast<double>(found[pair.found].score) - recorded[pair.recorded].score;
  }
  if (match.expected > 0) match.recall = static_cast<double>(match.matched) / match.expected;
  if (match.matched > 0) {
    match.iou = iou / match.matched;
    match.score = score / match.matched;
  }
  return match;
}

Check CheckDetection(const RegionMatch& match, const MatchLimits& limits) {
  Check check{.name = "detection_accuracy", .value = match.recall, .unit = "recall"};
  const double extra = static_cast<double>(match.extra()) / std::max(match.expected, 1);
  check.status = std::max({Grade(-match.recall, -limits.warn_recall, -limits.least_recall),
                           Grade(-match.iou, -limits.warn_iou, -limits.least_iou),
                           Grade(std::abs(match.score), limits.warn_score, limits.most_score),
                           Grade(extra, limits.warn_extra, limits.most_extra)});
  check.details = fmt::format("{} of {} recorded regions found, {} under another label, {} more that were not recorded",
                              match.matched, match.expected, match.relabelled, match.extra());
  if (match.matched > 0) {
    check.details += fmt::format("; they overlap by {:.3f}, scores differ by {:+.3f}", match.iou, match.score);
  }
  return check;
}

}  // namespace doclayout::health
