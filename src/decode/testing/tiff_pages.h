#pragma once

#include <tiffio.h>

#include <cstdint>
#include <utility>

#include "decode/testing/encode.h"

namespace doclayout::decode::testing {

/// A page with the pattern of its size. Thread-safe, as all here.
inline TiffPageSpec RgbPage(std::uint32_t width, std::uint32_t height, int compression = COMPRESSION_NONE) {
  return {.width = width,
          .height = height,
          .samples = 3,
          .photometric = PHOTOMETRIC_RGB,
          .compression = compression,
          .rows = RgbOf(Pattern(static_cast<int>(width), static_cast<int>(height)))};
}

/// A page of one 8-bit channel.
inline TiffPageSpec GrayPage(std::uint32_t width, std::uint32_t height, Bytes rows) {
  return {.width = width, .height = height, .rows = std::move(rows)};
}

}  // namespace doclayout::decode::testing
