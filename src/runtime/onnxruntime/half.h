#pragma once

#include <bit>
#include <cstdint>

namespace doclayout::runtime {

/// A number of IEEE 754 half precision, as its bits. Branches that the compiler turns into selections, so that loops
/// over these become vector instructions on every processor.
inline float HalfToFloat(std::uint16_t half) {
  // Exponent and fraction moved into place are too small by 2^112; that product is exact, for subnormal numbers too.
  constexpr float kExponentStep = 0x1p112F;
  const std::uint32_t magnitude = (half & 0x7FFFU) << 13U;
  const std::uint32_t finite = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * kExponentStep);
  const std::uint32_t special = magnitude | 0x7F800000U;  // infinite, or not a number
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  return std::bit_cast<float>(sign | ((half & 0x7C00U) == 0x7C00U ? special : finite));
}

/// Rounded to the nearest, ties to even; too large ones become infinite.
inline std::uint16_t FloatToHalf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);  // rounds to 65536 or more
  if (magnitude < 0x38800000U) {
    // Below 2^-14. Added to 0.5, whose last bit is worth as much as the last of a subnormal half.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - std::bit_cast<std::uint32_t>(0.5F)));
  }
  const std::uint32_t odd = (magnitude >> 13U) & 1U;
  const std::uint32_t rounded = magnitude - (112U << 23U) + 0xFFFU + odd;
  return static_cast<std::uint16_t>(sign | (rounded >> 13U));
}

}  // namespace doclayout::runtime
