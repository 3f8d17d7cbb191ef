#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "model/model_card.h"
#include "types/image.h"

namespace doclayout::preprocess {

/// Bytes that `FillInput` writes for one page: height * width * 3.
std::size_t InputBytes(const model::InputContract& contract);

/// Resizes a page to the model's input size without keeping the ratio, interpolated as the contract says, and writes it
/// to `input`: uint8 [height, width, 3], blue green red. Same numbers as the references (OpenCV on 8-bit pixels:
/// rapid-layout 1.2.1, model_handler/pp/pre_process.py; paddlex 3.7.2, models/object_detection/processors.py). The
/// order of channels, scaling to 0..1, mean and deviation are up to the runtime.
///
/// Thread-safe. `input` must hold `InputBytes` bytes. `kInternal` when OpenCV fails.
Result<void> FillInput(const Image& image, const model::InputContract& contract, std::span<std::uint8_t> input);

}  // namespace doclayout::preprocess
