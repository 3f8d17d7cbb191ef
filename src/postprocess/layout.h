#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "postprocess/batch_place.h"
#include "types/analyze_parameters.h"
#include "types/page_layout.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// The regions of a page out of a model's outputs, whatever its family, in reading order: fills `regions` and
/// `order_source` of `layout`, whose width and height must be set. `place` says which page of the inference it is.
///
/// Thread-safe. `kBadParameter` for a class or label that the model does not have (ask `CheckParameters` before);
/// `kInternal` for outputs that are not as the card says.
Result<void> FillRegions(std::span<const TensorView> outputs, const model::ModelCard& card,
                         const AnalyzeParameters& parameters, PageLayout& layout, BatchPlace place = {});

/// Sorts `regions` by XY-cut and numbers them from 1.
void OrderByXyCut(std::vector<Region>& regions);

}  // namespace doclayout::postprocess
