#include "postprocess/overlap_filter.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace doclayout::postprocess {
namespace {

constexpr float kSmallestSide = 6;  // pixels
constexpr double kFormulaOverlap = 0.5;
constexpr double kOverlap = 0.7;
constexpr std::string_view kInlineFormula = "inline_formula";

/// Of the smaller box. Boxes are whole pixels here: their areas are exact in double precision.
double OverlapOfSmaller(const Box& a, const Box& b) {
  const auto area = [](double x1, double y1, double x2, double y2) {
    return std::max(0.0, x2 - x1) * std::max(0.0, y2 - y1);
  };
  const double smaller = std::min(area(a.x1, a.y1, a.x2, a.y2), area(b.x1, b.y1, b.x2, b.y2));
  if (smaller == 0) return 0;
  return area(std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)) / smaller;
}

double AreaOf(const Box& box) {
  return (static_cast<double>(box.x2) - box.x1) * (static_cast<double>(box.y2) - box.y1);
}

bool IsPicture(std::string_view label) {
  return label == "image" || label == "seal" || label == "chart";
}

/// Whether a region of one label may lie on one of the other: pictures on whatever is no picture of the same kind.
bool MayLieOnEachOther(std::string_view a, std::string_view b) {
  return a != b && (IsPicture(a) || IsPicture(b));
}

/// The regions' outlines as GEOS has them, made when first asked for.
class Outlines {
 public:
  Outlines(const std::vector<Region>& regions, PolygonOverlap& overlap)
      : regions_(regions), overlap_(overlap), shapes_(regions.size()) {}

  double OverlapOfSmaller(std::size_t a, std::size_t b) { return overlap_.OverSmaller(Get(a), Get(b)); }

 private:
  const PolygonOverlap::Shape& Get(std::size_t index) {
    if (!shapes_[index]) shapes_[index] = overlap_.Make(regions_[index].polygon);
    return *shapes_[index];
  }

  const std::vector<Region>& regions_;
  PolygonOverlap& overlap_;
  std::vector<std::optional<PolygonOverlap::Shape>> shapes_;
};

/// Which of two regions goes.
struct Verdict {
  bool first = false;
  bool second = false;
};

Verdict Judge(const std::vector<Region>& regions, std::size_t i, std::size_t j, Outlines* outlines) {
  const Region& first = regions[i];
  const Region& second = regions[j];
  const double overlap = OverlapOfSmaller(first.bbox, second.bbox);
  const Verdict formulas{first.label == kInlineFormula, second.label == kInlineFormula};
  if ((formulas.first || formulas.second) && overlap > kFormulaOverlap) return formulas;
  if (!(overlap > kOverlap)) return {};
  if (MayLieOnEachOther(first.label, second.label)) return {};
  if (outlines != nullptr && outlines->OverlapOfSmaller(i, j) < kOverlap) return {};
  const bool first_stays = AreaOf(first.bbox) >= AreaOf(second.bbox);
  return {!first_stays, first_stays};
}

}  // namespace

void FilterOverlaps(std::vector<Region>& regions, bool by_outline, PolygonOverlap& overlap) {
  std::erase_if(regions, [](const Region& region) { return region.label == "reference"; });
  Outlines outlines(regions, overlap);
  std::vector<bool> dropped(regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    // A small one that was not dropped yet still counts against those before it.
    const Box& box = regions[i].bbox;
    if (box.width() < kSmallestSide || box.height() < kSmallestSide) dropped[i] = true;
    for (std::size_t j = i + 1; j < regions.size() && !dropped[i]; ++j) {
      if (dropped[j]) continue;
      const Verdict verdict = Judge(regions, i, j, by_outline ? &outlines : nullptr);
      dropped[i] = dropped[i] || verdict.first;
      dropped[j] = dropped[j] || verdict.second;
    }
  }
  std::vector<Region> kept;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(regions[i]));
  }
  regions = std::move(kept);
}

}  // namespace doclayout::postprocess
