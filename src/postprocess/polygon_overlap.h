#pragma once

#include <memory>
#include <span>

#include "types/region.h"

namespace doclayout::postprocess {

/// How much polygons overlap, computed by GEOS as Shapely does, so that the numbers equal the reference's.
///
/// One for each thread or call: GEOS keeps state in it. What GEOS cannot compute has no area, and counts as no overlap.
class PolygonOverlap {
 public:
  /// A polygon that was made valid, with its area. Must not outlive the `PolygonOverlap` that made it.
  class Shape {
   public:
    double area() const { return area_; }

   private:
    friend class PolygonOverlap;
    std::shared_ptr<void> geometry_;
    double area_ = 0;
  };

  PolygonOverlap();
  ~PolygonOverlap();
  PolygonOverlap(const PolygonOverlap&) = delete;
  PolygonOverlap& operator=(const PolygonOverlap&) = delete;

  /// The polygon through the points; one that crosses itself loses what lies inside out (GEOS: a buffer of 0).
  Shape Make(std::span<const Point> points);

  /// Intersection over union; 0 when both are empty.
  double OverUnion(const Shape& a, const Shape& b);

  /// Intersection over the smaller one's area; 0 when that is empty.
  double OverSmaller(const Shape& a, const Shape& b);

 private:
  double Intersection(const Shape& a, const Shape& b);

  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace doclayout::postprocess
