#include "postprocess/nms.h"

#include <algorithm>
#include <numeric>

namespace doclayout::postprocess {

double IntersectionOverUnion(const ScoredBox& a, const ScoredBox& b) {
  const auto area = [](double x1, double y1, double x2, double y2) {
    return std::max(0.0, x2 - x1) * std::max(0.0, y2 - y1);
  };
  const double overlap = area(std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2));
  return overlap / (area(a.x1, a.y1, a.x2, a.y2) + area(b.x1, b.y1, b.x2, b.y2) - overlap + 1e-5);
}

std::vector<std::size_t> SuppressNonMaxima(std::span<const ScoredBox> boxes, const NmsOptions& options) {
  std::vector<std::size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return boxes[a].score > boxes[b].score; });
  if (order.size() > options.candidates) order.resize(options.candidates);

  std::vector<std::size_t> kept;
  for (std::size_t index : order) {
    if (kept.size() == options.keep) break;
    const bool overlaps = std::any_of(kept.begin(), kept.end(), [&](std::size_t better) {
      return IntersectionOverUnion(boxes[index], boxes[better]) > options.iou_threshold;
    });
    if (!overlaps) kept.push_back(index);
  }
  return kept;
}

}  // namespace doclayout::postprocess
