#pragma once

#include <cstdint>

#include "base/result.h"
#include "decode/document.h"
#include "types/image.h"

namespace doclayout::decode {

/// Refuses a page of this size before memory is taken for it: `kUndecodable` without pixels, `kTooLarge` over a limit;
/// the message names the size, the limit and its option. Thread-safe.
Result<void> CheckPageSize(std::uint64_t width, std::uint64_t height, const Limits& limits);

/// An image with its pixels uninitialised. The size has passed `CheckPageSize`. `kTooLarge` when there is no memory for
/// it.
Result<Image> AllocateImage(int width, int height);

}  // namespace doclayout::decode
