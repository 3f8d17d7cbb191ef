#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "types/analyze_parameters.h"
#include "types/page_size.h"
#include "types/region.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// Turns PicoDet's outputs into regions, as rapid-layout 1.2.1 does (model_handler/pp/post_process.py; the network:
/// Yu et al., "PP-PicoDet", arXiv:2111.00902; distances as distributions: Li et al., "Generalized Focal Loss",
/// arXiv:2006.04388).
///
/// Of each level the 1,000 best cells are looked at, of each label at most 200 boxes, and at most 100 are reported;
/// boxes end at the page's border. Without `nms`, overlapping boxes of one label are all reported, up to 200 a label.
/// Regions come by label, then best first, without order.
///
/// Thread-safe. `kInternal` for outputs that are not shaped as the card says; cells with values that are not finite are
/// left out.
Result<std::vector<Region>> DecodePicoDet(std::span<const TensorView> outputs, const model::ModelCard& card,
                                          const AnalyzeParameters& parameters, PageSize page);

}  // namespace doclayout::postprocess
