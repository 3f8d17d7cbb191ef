#pragma once

#include <vector>

#include "health/health.h"
#include "types/region.h"

namespace doclayout::health {

/// How what was found on a page agrees with what was recorded of it. A plain value.
struct RegionMatch {
  int expected = 0;
  int found = 0;
  int matched = 0;     ///< found with the same label, intersection over union at least 1/2; each once
  int relabelled = 0;  ///< found there, but called something else
  double recall = 1;   ///< matched over expected
  double iou = 1;      ///< mean of the matched
  double score = 0;    ///< mean of the matched: score found less score recorded
  int extra() const { return found - matched - relabelled; }
};

/// Pairs each recorded region with the one found that overlaps it most, best pairs first. Takes time in the product of
/// their numbers. Thread-safe.
RegionMatch MatchRegions(const std::vector<Region>& recorded, const std::vector<Region>& found);

/// From where on a match is no longer good. Two machines that compute in float32 agree to four digits; bfloat16 moves
/// scores by 0.05 and may lose a region that is near the threshold.
struct MatchLimits {
  double warn_recall = 0.9;
  double least_recall = 0.7;
  double warn_iou = 0.95;
  double least_iou = 0.7;
  double warn_score = 0.1;  ///< drift, up or down
  double most_score = 0.3;
  double warn_extra = 0.25;  ///< regions that nobody recorded, over those recorded
  double most_extra = 1;
};

/// `detection_accuracy`; its value is the recall.
Check CheckDetection(const RegionMatch& match, const MatchLimits& limits);

}  // namespace doclayout::health
