#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "decode/formats.h"

namespace doclayout::decode {

enum class BmpCompression : std::uint32_t { kNone = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3, kAlphaBitFields = 6 };

/// One colour within a pixel of 16 or 32 bits.
struct BmpChannel {
  int shift = 0;
  int bits = 0;  ///< 0: the channel is not there

  /// 8 bits of the channel: v * 255 / max rounded down, as Pillow's reader does; wider channels lose their low bits.
  std::uint8_t Extract(std::uint32_t pixel) const {
    if (bits == 0) return 0;
    const std::uint32_t max = bits == 32 ? 0xFFFF'FFFF : (1U << bits) - 1;
    const std::uint32_t value = (pixel >> shift) & max;
    return static_cast<std::uint8_t>(bits <= 8 ? value * 255 / max : value >> (bits - 8));
  }
};

/// What stands before the pixels of a BMP, checked: sizes positive and within the limits, `bits` and `compression` a
/// pair that exists, `pixels_at` inside the file.
struct BmpHeader {
  int width = 0;
  int height = 0;
  bool top_down = false;
  int bits = 0;  ///< of a pixel: 1, 2, 4, 8, 16, 24 or 32
  BmpCompression compression = BmpCompression::kNone;
  std::size_t pixels_at = 0;
  Density density;
  std::vector<std::array<std::uint8_t, 3>> palette;  ///< blue, green, red; of 1 to 8 bits
  BmpChannel red, green, blue, alpha;                ///< of 16 and 32 bits
};

/// Reads the core (OS/2), info, v2 to v5 and OS/2 2 headers. `bytes` begins with "BM". Thread-safe. Failures as of
/// `OpenDocument`.
Result<BmpHeader> ReadBmpHeader(std::span<const std::uint8_t> bytes, const Limits& limits);

/// The refusal of a file that stops before its pixels do.
tl::unexpected<Error> BmpEndsEarly();

}  // namespace doclayout::decode
