#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/model_card.h"

namespace doclayout::runtime {

/// Turns pages as they are resized, uint8 [height, width, 3] blue green red, into what a graph takes: [3, height,
/// width], channels in its order, scaled, less mean, over deviation.
///
/// A byte has 256 values, so each channel has a table of them: the numbers are those of the formula, to the last bit,
/// in float32 and in float16. Immutable and thread-safe.
class PixelTable {
 public:
  explicit PixelTable(const model::InputContract& contract);

  /// `planes` must have as many elements as `pixels`, a multiple of three.
  void Fill(std::span<const std::uint8_t> pixels, std::span<float> planes) const;

  /// The same as bits of half precision.
  void Fill(std::span<const std::uint8_t> pixels, std::span<std::uint16_t> planes) const;

 private:
  template <typename T>
  struct Channel {
    std::size_t source = 0;  ///< place in a pixel
    std::array<T, 256> values{};
  };

  template <typename T>
  static void FillPlanes(const std::array<Channel<T>, 3>& channels, std::span<const std::uint8_t> pixels,
                         std::span<T> planes);

  std::array<Channel<float>, 3> floats_;
  std::array<Channel<std::uint16_t>, 3> halves_;
};

}  // namespace doclayout::runtime
