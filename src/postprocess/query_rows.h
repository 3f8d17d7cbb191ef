#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "postprocess/batch_place.h"
#include "postprocess/detection_options.h"
#include "postprocess/detections.h"
#include "types/page_size.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// Reads the rows of one page out of the outputs of the export of `transformers`, as 5.23's
/// PPDocLayoutV3ImageProcessor.post_process_object_detection and paddlex 3.7.2 behind it do: the best pairs of query
/// and class, as many as there are queries, above the class's threshold, in the order that the queries vote for.
/// Masks are set where their probability is above the threshold that holds for all classes.
///
/// Left out are rows as in `ReadPaddleRows`. Equal scores come in the order of query, then class; equal votes in that
/// of the queries.
///
/// Thread-safe. `card.outputs` must hold QueryOutputs. `kInternal` for outputs that are not shaped as it says.
Result<Detections> ReadQueryRows(std::span<const TensorView> outputs, const model::ModelCard& card,
                                 const DetectionOptions& options, PageSize page, BatchPlace place);

/// The rank of each of `queries` queries in the reading order, from 0, by how many others are likely before it.
/// `logits` are [queries, queries], that the row is read before the column; only those above the diagonal count.
std::vector<int> RankQueries(std::span<const float> logits, std::size_t queries);

}  // namespace doclayout::postprocess
