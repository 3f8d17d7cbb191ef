#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "types/analyze_parameters.h"

namespace doclayout::postprocess {

/// What is done with the detections of one class.
struct ClassOptions {
  float threshold = 0.5F;  ///< rows with a higher score stay
  MergeMode merge = MergeMode::kUnion;
  std::optional<UnclipRatio> unclip;
  bool ordered = true;  ///< whether its regions take part in the reading order
};

/// What is done with a page's detections: what the caller chose, and the model's own choice for the rest. A plain
/// value.
struct DetectionOptions {
  std::vector<ClassOptions> classes;  ///< by the label's number
  float threshold = 0.5F;             ///< of classes that have no value of their own
  bool class_thresholds = false;      ///< whether any class has; rows are then grouped by class, as in the reference
  MergeMode merge = MergeMode::kUnion;
  bool class_merge = false;  ///< whether boxes merge class by class; if not, all do by `merge`
  bool nms = true;
  bool whole_pixels = true;  ///< whether boxes are rounded: of all families but `pp-doclayout`, as in the reference
  bool overlap_filter = false;
  RegionShape shape = RegionShape::kRect;  ///< `kRect` also where the model gives no masks
  PolygonWidth polygon_width = PolygonWidth::kReference;
};

/// Joins what the caller chose with the model's defaults. A single value of the caller's replaces all values of the
/// model, those of single classes too; values of single classes go on top of the single value that is in force.
///
/// Thread-safe. `kBadParameter` for a class or label that the model does not have.
Result<DetectionOptions> ResolveOptions(const model::ModelCard& card, const AnalyzeParameters& parameters);

/// Whether the model can do what the caller asks for; takes microseconds, so ask before anything is queued.
///
/// Thread-safe. `kBadParameter` for an unknown class or label, and for what has no effect with this model: shapes
/// without masks, and of PicoDet all but `threshold`, `nms` and `unordered_labels`.
Result<void> CheckParameters(const model::ModelCard& card, const AnalyzeParameters& parameters);

}  // namespace doclayout::postprocess
