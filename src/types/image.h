#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "types/pixel_memory.h"

namespace doclayout {

/// Pixels of a page: 8 bits a channel, three channels in the order blue, green, red (OpenCV's and the reference's),
/// rows from the top without padding. Owns its memory; moves, and copies only when asked by `Clone`.
///
/// A plain value: not synchronised.
class Image {
 public:
  static constexpr int kChannels = 3;

  Image() = default;

  /// Pixels are left uninitialised. Both sizes must be positive: callers check their limits before.
  Image(int width, int height)
      : width_(width),
        height_(height),
        pixels_(PixelMemory::OfProcess().Take(static_cast<std::size_t>(width) * height * kChannels)) {}

  Image Clone() const;

  int width() const { return width_; }
  int height() const { return height_; }
  bool empty() const { return pixels_ == nullptr; }
  std::size_t row_bytes() const { return static_cast<std::size_t>(width_) * kChannels; }
  std::size_t size_bytes() const { return row_bytes() * static_cast<std::size_t>(height_); }

  std::uint8_t* row(int y) { return pixels_.get() + row_bytes() * static_cast<std::size_t>(y); }
  const std::uint8_t* row(int y) const { return pixels_.get() + row_bytes() * static_cast<std::size_t>(y); }
  std::span<std::uint8_t> bytes() { return {pixels_.get(), size_bytes()}; }
  std::span<const std::uint8_t> bytes() const { return {pixels_.get(), size_bytes()}; }

 private:
  int width_ = 0;
  int height_ = 0;
  PixelMemory::Block pixels_;
};

}  // namespace doclayout
