#pragma once

#include <cstdint>

namespace doclayout::decode {

/// Numbers out of bytes in a stated order. The caller has checked that the bytes are there. Pure, thread-safe.
inline std::uint16_t LittleEndian16(const std::uint8_t* bytes) {
  return static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8));
}

inline std::uint32_t LittleEndian32(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(LittleEndian16(bytes)) |
         (static_cast<std::uint32_t>(LittleEndian16(bytes + 2)) << 16);
}

inline std::uint16_t BigEndian16(const std::uint8_t* bytes) {
  return static_cast<std::uint16_t>((bytes[0] << 8) | bytes[1]);
}

inline std::uint32_t BigEndian32(const std::uint8_t* bytes) {
  return (static_cast<std::uint32_t>(BigEndian16(bytes)) << 16) | static_cast<std::uint32_t>(BigEndian16(bytes + 2));
}

}  // namespace doclayout::decode
