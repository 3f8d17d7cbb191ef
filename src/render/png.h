#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "types/image.h"

namespace doclayout::render {

/// `image` as an 8-bit RGB PNG, compressed for speed rather than for size.
///
/// Thread-safe; needs little memory besides the answer. Blocks for some 10 ns a pixel. `kInternal` when the encoder
/// refuses (an empty image) or memory runs out.
Result<std::vector<std::uint8_t>> EncodePng(const Image& image);

}  // namespace doclayout::render
