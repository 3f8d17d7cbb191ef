#pragma once

#include <cstddef>
#include <cstdint>

namespace doclayout::decode {

/// A colour of straight (not premultiplied) opacity `alpha` on white paper, rounded to the nearest. Pure, thread-safe.
inline std::uint8_t OnWhite(unsigned colour, unsigned alpha) {
  // x / 255 rounded, exact for every product of two bytes.
  const unsigned product = (255 - colour) * alpha + 128;
  return static_cast<std::uint8_t>(255 - ((product + (product >> 8)) >> 8));
}

/// Lays one row of four-channel pixels on white. `kRedAt` is where red stands in a source pixel: 0 for RGBA, 2 for
/// BGRA. `bgr` has room for `width` pixels of three bytes and does not overlap the source.
template <int kRedAt>
void RowOnWhite(const std::uint8_t* source, std::size_t width, std::uint8_t* bgr) {
  for (std::size_t x = 0; x < width; ++x, source += 4, bgr += 3) {
    const unsigned alpha = source[3];
    bgr[0] = OnWhite(source[2 - kRedAt], alpha);
    bgr[1] = OnWhite(source[1], alpha);
    bgr[2] = OnWhite(source[kRedAt], alpha);
  }
}

}  // namespace doclayout::decode
