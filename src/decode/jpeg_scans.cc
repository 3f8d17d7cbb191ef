#include "decode/jpeg_scans.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "decode/byte_order.h"

namespace doclayout::decode {
namespace {

constexpr std::uint8_t kStartOfImage = 0xD8;
constexpr std::uint8_t kEndOfImage = 0xD9;
constexpr std::uint8_t kStartOfScan = 0xDA;

/// Of markers that stand alone: a stuffed zero, TEM and the restart markers are in the middle of image data.
bool HasNoSegment(std::uint8_t code) {
  return code <= 0x01 || (code >= 0xD0 && code <= kStartOfImage);
}

/// Leaves `rest` behind the next marker and gives its code; `kEndOfImage` where there is none.
std::uint8_t NextMarker(std::span<const std::uint8_t>& rest) {
  while (!rest.empty()) {
    const void* found = std::memchr(rest.data(), 0xFF, rest.size());
    if (found == nullptr) return kEndOfImage;
    rest = rest.subspan(static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - rest.data()));
    while (!rest.empty() && rest.front() == 0xFF) rest = rest.subspan(1);
    if (rest.empty()) return kEndOfImage;
    const std::uint8_t code = rest.front();
    rest = rest.subspan(1);
    if (!HasNoSegment(code)) return code;
  }
  return kEndOfImage;
}

}  // namespace

int MostJpegScans(std::uint64_t width, std::uint64_t height) {
  constexpr std::uint64_t kFewest = 20;
  constexpr std::uint64_t kMost = 100;
  constexpr std::uint64_t kPixelsOverAllScans = 1'500'000'000;
  const std::uint64_t pixels = std::max<std::uint64_t>(1, width * height);
  return static_cast<int>(std::clamp(kPixelsOverAllScans / pixels, kFewest, kMost));
}

int CountJpegScans(std::span<const std::uint8_t> jpeg, int enough) {
  int scans = 0;
  while (scans < enough) {
    const std::uint8_t code = NextMarker(jpeg);
    if (code == kEndOfImage || jpeg.size() < 2) break;
    if (code == kStartOfScan) ++scans;
    jpeg = jpeg.subspan(std::min<std::size_t>(BigEndian16(jpeg.data()), jpeg.size()));
  }
  return scans;
}

}  // namespace doclayout::decode
