#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"
#include "model/model_card.h"
#include "postprocess/batch_place.h"
#include "types/region.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// Whether all corners are finite and within 2^24 pixels; further out float32 cannot tell single pixels apart.
bool IsUsable(const Box& box);

/// In whole pixels, halves to even.
Box Round(const Box& box);

/// The output that is called `what` in messages. `kInternal` when it is missing or of another rank.
Result<const TensorView*> FindOutput(std::span<const TensorView> outputs, std::size_t index, std::size_t rank,
                                     std::string_view what);

/// `kInternal` for masks that have not a cell for each 4x4 pixels of the model's input.
Result<void> CheckMaskSize(std::size_t height, std::size_t width, const model::InputContract& input);

/// What is said of an output that holds what no page can be told by.
tl::unexpected<Error> NotFinite(std::string_view what);

/// `kInternal` for a place that does not exist.
Result<void> CheckPlace(BatchPlace place);

}  // namespace doclayout::postprocess
