#include "postprocess/polygon_overlap.h"

#define GEOS_USE_ONLY_R_API  // Only the functions that take a context are safe among threads.
#include <geos_c.h>

#include <algorithm>
#include <vector>

namespace doclayout::postprocess {
namespace {

constexpr int kBufferSegments = 16;  // A quarter circle's in Shapely; a buffer of 0 draws none.

}  // namespace

struct PolygonOverlap::Context {
  GEOSContextHandle_t handle = GEOS_init_r();

  Context() = default;
  ~Context() { GEOS_finish_r(handle); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Owns what GEOS gave; null when GEOS failed.
  std::shared_ptr<GEOSGeometry> Own(GEOSGeometry* geometry) const {
    return {geometry, [context = handle](GEOSGeometry* owned) {
              if (owned != nullptr) GEOSGeom_destroy_r(context, owned);
            }};
  }

  double AreaOf(const GEOSGeometry* geometry) const {
    double area = 0;
    if (geometry == nullptr || GEOSArea_r(handle, geometry, &area) != 1) return 0;
    return area;
  }

  std::shared_ptr<GEOSGeometry> MakePolygon(std::span<const Point> points) const {
    std::vector<double> coordinates;
    coordinates.reserve(2 * points.size() + 2);
    for (const Point& point : points) coordinates.insert(coordinates.end(), {point.x, point.y});
    coordinates.insert(coordinates.end(), {points.front().x, points.front().y});
    GEOSCoordSequence* sequence = GEOSCoordSeq_copyFromBuffer_r(
        handle, coordinates.data(), static_cast<unsigned>(points.size() + 1), /*hasZ=*/0, /*hasM=*/0);
    if (sequence == nullptr) return nullptr;
    // Each takes over what it is given, also when it fails.
    GEOSGeometry* ring = GEOSGeom_createLinearRing_r(handle, sequence);
    if (ring == nullptr) return nullptr;
    return Own(GEOSGeom_createPolygon_r(handle, ring, nullptr, 0));
  }
};

PolygonOverlap::PolygonOverlap() : context_(std::make_unique<Context>()) {}
PolygonOverlap::~PolygonOverlap() = default;

PolygonOverlap::Shape PolygonOverlap::Make(std::span<const Point> points) {
  Shape shape;
  if (points.size() < 3) return shape;
  auto polygon = context_->MakePolygon(points);
  if (polygon != nullptr && GEOSisValid_r(context_->handle, polygon.get()) != 1) {
    polygon = context_->Own(GEOSBuffer_r(context_->handle, polygon.get(), 0, kBufferSegments));
  }
  shape.area_ = context_->AreaOf(polygon.get());
  shape.geometry_ = std::move(polygon);
  return shape;
}

double PolygonOverlap::Intersection(const Shape& a, const Shape& b) {
  if (a.geometry_ == nullptr || b.geometry_ == nullptr) return 0;
  const auto* of_a = static_cast<const GEOSGeometry*>(a.geometry_.get());
  const auto* of_b = static_cast<const GEOSGeometry*>(b.geometry_.get());
  return context_->AreaOf(context_->Own(GEOSIntersection_r(context_->handle, of_a, of_b)).get());
}

double PolygonOverlap::OverUnion(const Shape& a, const Shape& b) {
  const double intersection = Intersection(a, b);
  const double all = a.area_ + b.area_ - intersection;
  return all > 0 ? intersection / all : 0;
}

double PolygonOverlap::OverSmaller(const Shape& a, const Shape& b) {
  const double smaller = std::min(a.area_, b.area_);
  return smaller > 0 ? Intersection(a, b) / smaller : 0;
}

}  // namespace doclayout::postprocess
