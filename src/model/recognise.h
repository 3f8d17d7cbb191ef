#pragma once

#include "base/result.h"
#include "model/model_card.h"
#include "model/onnx_header.h"

namespace doclayout::model {

/// Tells the family from the graph's inputs and outputs and fills the card (but for name and digest).
///
/// Thread-safe. `kBadModel` for a graph of no known family; the message lists what was found and what is supported.
Result<ModelCard> Recognise(const OnnxHeader& header);

}  // namespace doclayout::model
