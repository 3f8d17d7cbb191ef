#pragma once

#include <span>

#include "base/result.h"
#include "model/model_card.h"
#include "postprocess/batch_place.h"
#include "postprocess/detection_options.h"
#include "postprocess/detections.h"
#include "types/page_size.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// Reads the rows of one page out of the outputs of Paddle's exports: those above their class's threshold, in the
/// model's order, or by class where classes have thresholds of their own. Coordinates are
/// rounded, half to even, unless the options say otherwise. The rows of a batch lie behind one another, by the counts,
/// or evenly where the model gives no counts.
///
/// Left out are rows whose box or score is not finite, whose box reaches further than 2^24 pixels, or whose class is
/// not a label's number, and all but the best `kMaxRows`.
///
/// Thread-safe. `card.outputs` must hold DetectionOutputs. `kInternal` for outputs that are not as it says: shapes,
/// types, counts that are negative or of more rows than there are, masks of fewer or more rows than boxes.
Result<Detections> ReadPaddleRows(std::span<const TensorView> outputs, const model::ModelCard& card,
                                  const DetectionOptions& options, PageSize page, BatchPlace place);

}  // namespace doclayout::postprocess
