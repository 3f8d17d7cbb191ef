#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doclayout {

/// Which of two regions stays when one contains the other: both, the one outside or the one inside.
enum class MergeMode { kUnion, kLarge, kSmall };

/// What outlines a region that has a mask: its box, the smallest rotated rectangle, the mask's contour, or the simplest
/// of the three that fits.
enum class RegionShape { kRect, kQuad, kPoly, kAuto };

/// Factors by which a box grows around its centre.
struct UnclipRatio {
  double width = 1;
  double height = 1;

  friend bool operator==(const UnclipRatio&, const UnclipRatio&) = default;
};

/// Which width of a box limits the distances between a polygon's points: the reference's, which is x2 - y1 by a slip,
/// or the right one.
enum class PolygonWidth { kReference, kExact };

/// Values for some classes, by the label's number ("22") or name ("text").
template <typename T>
using ClassMap = std::map<std::string, T, std::less<>>;

/// What a caller may choose for one document; unset means the model's own default. A class's own value wins over the
/// one for all.
struct AnalyzeParameters {
  std::optional<float> threshold;  ///< regions with a higher score are reported, 0..1
  std::optional<bool> nms;         ///< whether overlapping boxes of one label are suppressed
  ClassMap<float> class_threshold;
  std::optional<MergeMode> merge;
  ClassMap<MergeMode> class_merge;
  std::optional<UnclipRatio> unclip;
  ClassMap<UnclipRatio> class_unclip;
  std::optional<RegionShape> shape;
  std::optional<bool> overlap_filter;  ///< whether of regions that overlap by much only one stays
  std::optional<PolygonWidth> polygon_width;
  std::optional<std::vector<std::string>> unordered_labels;  ///< regions of these labels get no order

  friend bool operator==(const AnalyzeParameters&, const AnalyzeParameters&) = default;
};

}  // namespace doclayout
