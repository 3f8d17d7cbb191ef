#include "postprocess/row_filters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

namespace doclayout::postprocess {
namespace {

constexpr float kSameClassIou = 0.6F;
constexpr float kOtherClassIou = 0.98F;
constexpr float kContained = 0.9F;
constexpr double kWidePagePart = 0.82;
constexpr double kTallPagePart = 0.93;

/// The label's number, or -1, which no row has.
int NumberOf(const std::vector<std::string>& labels, std::string_view label) {
  const auto found = std::find(labels.begin(), labels.end(), label);
  return found == labels.end() ? -1 : static_cast<int>(found - labels.begin());
}

/// Indices of the rows, best first.
std::vector<std::size_t> ByScore(const std::vector<DetectedRow>& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a].score > rows[b].score; });
  return order;
}

void Keep(std::vector<DetectedRow>& rows, const std::vector<std::size_t>& indices) {
  std::vector<DetectedRow> kept;
  kept.reserve(indices.size());
  for (std::size_t index : indices) kept.push_back(rows[index]);
  rows = std::move(kept);
}

/// Of boxes whose last pixel belongs to them. May be negative or not a number for boxes that are inside out.
float PixelIou(const Box& a, const Box& b) {
  const float width = std::max(0.0F, std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + 1);
  const float height = std::max(0.0F, std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + 1);
  const float overlap = width * height;
  const float area_a = (a.x2 - a.x1 + 1) * (a.y2 - a.y1 + 1);
  const float area_b = (b.x2 - b.x1 + 1) * (b.y2 - b.y1 + 1);
  return overlap / (area_a + area_b - overlap);
}

bool IsContained(const Box& inner, const Box& outer) {
  const float area = inner.area();
  if (!(area > 0)) return false;
  const float width = std::max(0.0F, std::min(inner.x2, outer.x2) - std::max(inner.x1, outer.x1));
  const float height = std::max(0.0F, std::min(inner.y2, outer.y2) - std::max(inner.y1, outer.y1));
  return width * height / area >= kContained;
}

/// One row lies inside another.
struct Nesting {
  std::size_t inner = 0;
  std::size_t outer = 0;
};

std::vector<Nesting> FindNestings(const std::vector<DetectedRow>& rows, int formula) {
  std::vector<Nesting> nestings;
  for (std::size_t inner = 0; inner < rows.size(); ++inner) {
    for (std::size_t outer = 0; outer < rows.size(); ++outer) {
      if (inner == outer || (rows[inner].label == formula && rows[outer].label != formula)) continue;
      if (IsContained(rows[inner].box, rows[outer].box)) nestings.push_back({inner, outer});
    }
  }
  return nestings;
}

}  // namespace

void KeepBest(std::vector<DetectedRow>& rows, std::size_t limit) {
  if (rows.size() <= limit) return;
  std::vector<std::size_t> best = ByScore(rows);
  best.resize(limit);
  std::sort(best.begin(), best.end());
  Keep(rows, best);
}

void SuppressOverlaps(std::vector<DetectedRow>& rows) {
  std::vector<std::size_t> kept;
  for (std::size_t index : ByScore(rows)) {
    const DetectedRow& row = rows[index];
    const bool stays = std::all_of(kept.begin(), kept.end(), [&](std::size_t better) {
      const float limit = rows[better].label == row.label ? kSameClassIou : kOtherClassIou;
      // Written so that what is not a number does not stay, as in the reference.
      return PixelIou(rows[better].box, row.box) < limit;
    });
    if (stays) kept.push_back(index);
  }
  Keep(rows, kept);
}

void DropPageSizedImages(std::vector<DetectedRow>& rows, const std::vector<std::string>& labels, PageSize page) {
  const int image = NumberOf(labels, "image");
  if (rows.size() < 2 || image < 0) return;
  const double part = page.width > page.height ? kWidePagePart : kTallPagePart;
  const auto limit = static_cast<float>(part * (static_cast<double>(page.width) * page.height));
  const auto width = static_cast<float>(page.width);
  const auto height = static_cast<float>(page.height);
  const auto fills_page = [&](const DetectedRow& row) {
    if (row.label != image) return false;
    const Box& box = row.box;
    const float area =
        (std::min(width, box.x2) - std::max(0.0F, box.x1)) * (std::min(height, box.y2) - std::max(0.0F, box.y1));
    return area > limit;
  };
  if (std::all_of(rows.begin(), rows.end(), fills_page)) return;
  std::erase_if(rows, fills_page);
}

void DropContained(std::vector<DetectedRow>& rows, const std::vector<std::string>& labels,
                   const DetectionOptions& options) {
  if (!options.class_merge && options.merge == MergeMode::kUnion) return;
  const std::vector<Nesting> nestings = FindNestings(rows, NumberOf(labels, "formula"));
  std::vector<bool> contained(rows.size());
  for (const Nesting& nesting : nestings) contained[nesting.inner] = true;

  const auto mode_of = [&](const DetectedRow& row) {
    return options.class_merge ? options.classes[static_cast<std::size_t>(row.label)].merge : options.merge;
  };
  std::vector<bool> dropped(rows.size());
  for (const auto [inner, outer] : nestings) {
    // Class by class, "large" asks for the mode of the outer row and "small" for that of the inner one.
    if (mode_of(rows[outer]) == MergeMode::kLarge) dropped[inner] = true;
    if (mode_of(rows[inner]) != MergeMode::kSmall) continue;
    // The outer row stays when another contains it; class by class only the pass for its own class knows that.
    const bool known = !options.class_merge || rows[inner].label == rows[outer].label;
    if (!(known && contained[outer])) dropped[outer] = true;
  }
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!dropped[row]) kept.push_back(row);
  }
  Keep(rows, kept);
}

void SortByOrder(std::vector<DetectedRow>& rows) {
  constexpr float kLast = std::numeric_limits<float>::infinity();
  const auto key = [](float value) { return std::isnan(value) ? kLast : value; };
  std::stable_sort(rows.begin(), rows.end(), [&](const DetectedRow& a, const DetectedRow& b) {
    return std::pair(key(a.order), key(-a.priority)) < std::pair(key(b.order), key(-b.priority));
  });
}

}  // namespace doclayout::postprocess
