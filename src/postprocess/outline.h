#pragma once

#include <vector>

#include "postprocess/polygon_overlap.h"
#include "types/analyze_parameters.h"
#include "types/region.h"

namespace doclayout::postprocess {

/// A polygon in pixels of the page.
using Polygon = std::vector<Point>;

/// The box's corners, clockwise from the top left one.
Polygon RectOf(const Box& box);

/// The smallest rectangle around at least three points, turned as needed: clockwise, first the corner nearest to the
/// page's top left one.
Polygon QuadOf(const Polygon& polygon);

/// Chooses the outlines of a page's regions one after the other, as paddlex 3.7.2 does (_normalize_layout_polygon in
/// layout_analysis/processors.py): the box, the smallest rotated rectangle, the polygon, or for `kAuto` the first of
/// these that fits it well. What comes before matters to `kAuto`: beside an outline that reaches into the box there is
/// no room for a rotated rectangle.
///
/// For one page and one thread.
class OutlineChooser {
 public:
  /// `shape` must not be `kRect` where polygons count. `overlap` must outlive it.
  OutlineChooser(RegionShape shape, PolygonOverlap& overlap) : shape_(shape), overlap_(overlap) {}

  /// A polygon of fewer than four points stands for none: then the box is the outline. Throws what OpenCV throws.
  const Polygon& Choose(const Box& box, Polygon polygon);

 private:
  Polygon Normalise(const Box& box, Polygon polygon);
  Polygon Simplest(const Box& box, Polygon polygon);

  const RegionShape shape_;
  PolygonOverlap& overlap_;
  Polygon previous_;  ///< empty before the first one
};

}  // namespace doclayout::postprocess
