#include "decode/exif_orientation.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "decode/byte_order.h"

namespace doclayout::decode {
namespace {

constexpr std::array<std::uint8_t, 6> kJpegPrefix{'E', 'x', 'i', 'f', 0, 0};
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kEntryBytes = 12;
constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShort = 3;
constexpr std::uint16_t kLong = 4;

}  // namespace

Orientation ParseExifOrientation(std::span<const std::uint8_t> exif) {
  if (exif.size() >= kJpegPrefix.size() && std::equal(kJpegPrefix.begin(), kJpegPrefix.end(), exif.begin())) {
    exif = exif.subspan(kJpegPrefix.size());
  }
  if (exif.size() < kHeaderBytes) return Orientation::kTopLeft;

  const bool little = exif[0] == 'I' && exif[1] == 'I';
  const bool big = exif[0] == 'M' && exif[1] == 'M';
  if (!little && !big) return Orientation::kTopLeft;
  const auto read16 = [&](std::size_t at) { return little ? LittleEndian16(&exif[at]) : BigEndian16(&exif[at]); };
  const auto read32 = [&](std::size_t at) { return little ? LittleEndian32(&exif[at]) : BigEndian32(&exif[at]); };

  const std::size_t directory = read32(4);
  if (read16(2) != 42 || directory > exif.size() - 2) return Orientation::kTopLeft;

  // A directory that claims more entries than there are bytes is read as far as it goes.
  const std::size_t available = (exif.size() - directory - 2) / kEntryBytes;
  const std::size_t entries = std::min<std::size_t>(read16(directory), available);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (read16(entry) != kOrientationTag) continue;
    const std::uint16_t type = read16(entry + 2);
    if (read32(entry + 4) != 1 || (type != kShort && type != kLong)) return Orientation::kTopLeft;
    return OrientationFromTag(type == kShort ? read16(entry + 8) : read32(entry + 8));
  }
  return Orientation::kTopLeft;
}

}  // namespace doclayout::decode
