#pragma once

#include <functional>
#include <string>
#include <vector>

#include "postprocess/detected_row.h"
#include "postprocess/detection_options.h"
#include "postprocess/outline.h"
#include "types/page_size.h"
#include "types/region.h"

namespace doclayout::postprocess {

/// What a row's mask outlines, in pixels of the page; fewer than four points where it outlines nothing. `widest` is the
/// width of the widest row that is left in the end, as the reference takes it. May throw what OpenCV throws.
using MaskTracer = std::function<Polygon(const DetectedRow& row, float widest)>;

/// What a model says about one page: rows above their thresholds and how to outline them. `trace` reads the model's
/// outputs and must not outlive them; empty where there are no masks or none is asked for.
struct Detections {
  std::vector<DetectedRow> rows;
  bool ordered = false;  ///< whether rows have an order
  MaskTracer trace;
};

/// Turns a page's detections into regions: suppresses, merges, sorts by the model's order, outlines, grows, filters, in
/// this order and with the results of paddlex 3.7.2 (LayoutAnalysisProcess in layout_analysis/processors.py). Masks are
/// read only of rows that are left.
///
/// Of `pp-doclayout`, whose reference is DetPostProcess in object_detection/processors.py, boxes keep their decimals;
/// of the others they are whole pixels. Boxes end at the page's border; outlines do not, nor do they grow with the
/// boxes, as in the reference. `order` is not set. Thread-safe; throws what OpenCV throws.
std::vector<Region> MakeRegions(Detections detections, const std::vector<std::string>& labels,
                                const DetectionOptions& options, PageSize page);

/// Numbers regions from 1 in their order, leaving out labels that take no part.
void NumberRegions(std::vector<Region>& regions, const DetectionOptions& options);

}  // namespace doclayout::postprocess
