#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace doclayout::postprocess {

/// A box and how sure the model is of it. Double precision, as in the reference, so that near ties fall the same way.
struct ScoredBox {
  double x1 = 0;
  double y1 = 0;
  double x2 = 0;
  double y2 = 0;
  float score = 0;
};

/// Intersection over union, with the reference's 1e-5 in the denominator; 0 for boxes without area.
double IntersectionOverUnion(const ScoredBox& a, const ScoredBox& b);

struct NmsOptions {
  double iou_threshold = 0.5;    ///< a box that overlaps a better one by more goes
  std::size_t candidates = 200;  ///< only this many of the best boxes are looked at
  std::size_t keep = 100;        ///< at most this many stay
};

/// Greedy non-maximum suppression of boxes of one label: the indices of those that stay, best first. Equal scores keep
/// the order that they came in. Thread-safe; O(candidates * keep).
std::vector<std::size_t> SuppressNonMaxima(std::span<const ScoredBox> boxes, const NmsOptions& options);

}  // namespace doclayout::postprocess
