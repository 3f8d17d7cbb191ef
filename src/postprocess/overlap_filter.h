#pragma once

#include <vector>

#include "postprocess/polygon_overlap.h"
#include "types/region.h"

namespace doclayout::postprocess {

/// Leaves one of regions that lie on each other, as paddlex 3.7.2 does (filter_boxes in layout_analysis/processors.py):
/// of two whose boxes, and outlines where `by_outline`, share more than 0.7 of the smaller one the larger one stays,
/// and an inline formula goes from 0.5. Images, seals and charts may lie on what is of another label. Regions under 6
/// pixels a side and all of the label "reference" go too.
///
/// Thread-safe with an `overlap` of its own. O(n²).
void FilterOverlaps(std::vector<Region>& regions, bool by_outline, PolygonOverlap& overlap);

}  // namespace doclayout::postprocess
