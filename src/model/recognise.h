#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "model/onnx_header.h"

namespace doclayout::model {

/// What is known of a model from elsewhere than its graph. All of it may be missing.
struct Clues {
  std::optional<Family> family;
  std::string family_source = "--family";  ///< who says so, for messages
  int width = 0;                           ///< of the input in pixels, of `inference.yml`; 0: it does not say
  int height = 0;                          ///< as above
  std::vector<std::string> labels;         ///< of `inference.yml`; they win over those that the graph's file carries
};

/// Tells the family from the graph's inputs and outputs and fills the card (but for name and digest). The order of
/// inputs and of outputs does not matter; a batch may be open or 1, floating-point numbers of 32 or 16 bits.
///
/// Thread-safe. `kBadModel` for a graph of no known family, with what was found and what is supported; for one whose
/// family cannot be told without a clue; and for one that contradicts a clue.
Result<ModelCard> Recognise(const OnnxHeader& header, const Clues& clues = {});

}  // namespace doclayout::model
