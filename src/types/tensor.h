#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace doclayout {

enum class ElementType { kFloat32, kUint8, kInt32 };

/// Bytes of one element.
constexpr std::size_t ElementSize(ElementType type) {
  return type == ElementType::kUint8 ? 1 : 4;
}

using Shape = std::vector<std::size_t>;

inline std::size_t ElementCount(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

/// Whether none of them is infinite or no number. Without a branch for each, since outputs have some hundred thousand.
inline bool AllFinite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7F80'0000;
  std::uint32_t strange = 0;
  for (const float value : values) {
    strange |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent);
  }
  return strange == 0;
}

/// A tensor in memory that somebody else owns: C order, no padding. A plain value.
struct TensorView {
  std::string_view name;
  ElementType type = ElementType::kFloat32;
  Shape shape;
  const void* data = nullptr;

  /// The elements as floats; the tensor must be of type `kFloat32`.
  std::span<const float> floats() const { return {static_cast<const float*>(data), ElementCount(shape)}; }
};

}  // namespace doclayout
