#pragma once

#include <cstdint>
#include <memory>
#include <openvino/core/model.hpp>

#include "model/model_card.h"

namespace doclayout::runtime {

/// How a prepared graph wants its pixels.
enum class PixelLayout : std::uint8_t {
  kInterleaved,  ///< [batch, height, width, 3], blue green red
  kPlanar,       ///< [batch, 3, height, width], in the order of the graph: as the card says
};

/// Makes a graph as it was read into one that a session infers with: for a fixed number of pages, pixels as uint8
/// in that layout under the name of the card's input, scale factors as float32, and outputs as `OutputType` says. What
/// turns pixels into the graph's own input becomes part of the graph, and of its first convolution.
///
/// Not thread-safe: `graph` is changed and must not be used after. Throws `ov::Exception`, and `std::runtime_error` for
/// an input that the card does not name.
std::shared_ptr<ov::Model> PrepareGraph(const std::shared_ptr<ov::Model>& graph, const model::ModelCard& card,
                                        int batch, PixelLayout layout = PixelLayout::kInterleaved);

}  // namespace doclayout::runtime
