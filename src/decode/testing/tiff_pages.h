#pragma once

#include <gtest/gtest.h>
#include <tiffio.h>

#include <cstdint>
#include <utility>

#include "decode/document.h"
#include "decode/testing/encode.h"

namespace doclayout::decode::testing {

/// One page of a file that must be taken for a TIFF.
inline Result<Page> ReadTiff(const Bytes& bytes, int index = 0, const Limits& limits = {}) {
  auto document = OpenDocument(bytes, limits);
  if (!document) return Fail(document.error());
  EXPECT_EQ((*document)->format(), Format::kTiff);
  return (*document)->ReadPage(index);
}

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
