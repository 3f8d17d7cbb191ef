#include "postprocess/detections.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "postprocess/overlap_filter.h"
#include "postprocess/polygon_overlap.h"
#include "postprocess/row_filters.h"

namespace doclayout::postprocess {
namespace {

float WidestOf(const std::vector<DetectedRow>& rows, PolygonWidth width) {
  float widest = -std::numeric_limits<float>::infinity();
  for (const DetectedRow& row : rows) {
    // The reference takes the wrong column: its width is x2 - y1.
    widest = std::max(widest, row.box.x2 - (width == PolygonWidth::kExact ? row.box.x1 : row.box.y1));
  }
  return widest;
}

/// Of each row, in their order; the outlines before one matter to its shape.
std::vector<Polygon> OutlineRows(const Detections& detections, const DetectionOptions& options,
                                 PolygonOverlap& overlap) {
  const float widest = WidestOf(detections.rows, options.polygon_width);
  OutlineChooser chooser(options.shape, overlap);
  std::vector<Polygon> outlines;
  outlines.reserve(detections.rows.size());
  for (const DetectedRow& row : detections.rows) {
    outlines.push_back(chooser.Choose(row.box, detections.trace(row, widest)));
  }
  return outlines;
}

Box Grow(const Box& box, const UnclipRatio& ratio) {
  const float width = box.width() * static_cast<float>(ratio.width);
  const float height = box.height() * static_cast<float>(ratio.height);
  const float x = box.x1 + box.width() / 2;
  const float y = box.y1 + box.height() / 2;
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

/// Cut at the page's border, and decimals off where boxes are whole pixels; nothing when nothing is left.
std::optional<Box> OnPage(const Box& box, bool whole_pixels, PageSize page) {
  const auto pixel = [whole_pixels](float value) { return whole_pixels ? std::trunc(value) : value; };
  const auto width = static_cast<float>(page.width);
  const auto height = static_cast<float>(page.height);
  const Box cut{pixel(std::max(0.0F, box.x1)), pixel(std::max(0.0F, box.y1)), pixel(std::min(width, box.x2)),
                pixel(std::min(height, box.y2))};
  // Written so that what is not a number is nothing.
  if (!(cut.x2 > cut.x1 && cut.y2 > cut.y1)) return std::nullopt;
  return cut;
}

}  // namespace

std::vector<Region> MakeRegions(Detections detections, const std::vector<std::string>& labels,
                                const DetectionOptions& options, PageSize page) {
  std::vector<DetectedRow>& rows = detections.rows;
  if (options.nms) SuppressOverlaps(rows);
  DropPageSizedImages(rows, labels, page);
  DropContained(rows, labels, options);
  if (detections.ordered) SortByOrder(rows);

  PolygonOverlap overlap;
  const bool outlined = detections.trace && options.shape != RegionShape::kRect;
  std::vector<Polygon> outlines;
  if (outlined) outlines = OutlineRows(detections, options, overlap);

  std::vector<Region> regions;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto label = static_cast<std::size_t>(rows[i].label);
    const std::optional<UnclipRatio>& unclip = options.classes[label].unclip;
    const auto box = OnPage(unclip ? Grow(rows[i].box, *unclip) : rows[i].box, options.whole_pixels, page);
    if (!box) continue;
    regions.push_back({.label = labels[label], .label_id = rows[i].label, .score = rows[i].score, .bbox = *box});
    if (outlined) regions.back().polygon = std::move(outlines[i]);
  }
  if (options.overlap_filter) FilterOverlaps(regions, outlined, overlap);
  return regions;
}

void NumberRegions(std::vector<Region>& regions, const DetectionOptions& options) {
  int order = 0;
  for (Region& region : regions) {
    const bool ordered = options.classes[static_cast<std::size_t>(region.label_id)].ordered;
    region.order = ordered ? std::optional<int>(++order) : std::nullopt;
  }
}

}  // namespace doclayout::postprocess
