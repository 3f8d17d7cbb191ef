#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/image.h"

/// Files for tests, made on the spot with the libraries' encoders or byte by byte. Each aborts (a failed check) rather
/// than return an error: a test that cannot make its input is broken.
namespace doclayout::decode::testing {

using Bytes = std::vector<std::uint8_t>;

void Append(Bytes& target, std::string_view text);
void AppendLittle16(Bytes& target, std::uint32_t value);
void AppendLittle32(Bytes& target, std::uint32_t value);
void AppendBig16(Bytes& target, std::uint32_t value);
void AppendBig32(Bytes& target, std::uint32_t value);

/// Every pixel of a small page differs from every other.
Image Pattern(int width, int height);

/// The pattern as RGB bytes, for encoders that want them so.
Bytes RgbOf(const Image& image);

/// Gray levels that fill 0..max evenly, row by row.
Bytes Ramp(int count, int max);

/// An EXIF block with one entry.
Bytes Exif(std::uint16_t orientation, bool little_endian = true, bool jpeg_prefix = false);

struct JpegSpec {
  int width = 16;
  int height = 16;
  int components = 3;  ///< 1 gray, 3 RGB, 4 inverted CMYK
  int quality = 90;
  bool progressive = false;
  bool arithmetic = false;
  bool ycck = false;
  bool subsample = true;
  bool separate_scans = false;  ///< sequential, one scan for each component
  int restart_rows = 0;
  int many_scans = 0;  ///< of gray: splits the picture into about 64 times this many scans
  int density_unit = 0;
  int density_x = 1;
  int density_y = 1;
  Bytes exif;  ///< with its prefix; empty: none
};
Bytes EncodeJpeg(const JpegSpec& spec, const Bytes& samples);

struct PngSpec {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int color_type = 2;
  int bit_depth = 8;
  bool interlaced = false;
  std::vector<std::array<std::uint8_t, 3>> palette;
  std::vector<std::uint8_t> palette_alpha;
  std::optional<std::array<std::uint16_t, 3>> transparent;  ///< gray in the first
};
/// `rows` as PNG stores them, but 16-bit samples in the machine's order.
Bytes EncodePng(const PngSpec& spec, const Bytes& rows);

/// One PNG chunk with its sum.
Bytes PngChunk(std::string_view type, const Bytes& contents);

/// Puts a chunk before the first one of type `before`.
Bytes InsertPngChunk(const Bytes& png, std::string_view before, const Bytes& chunk);

/// `bgra`: width * height * 4. Lossless unless a quality is given.
Bytes EncodeWebp(int width, int height, const Bytes& bgra, std::optional<float> quality = std::nullopt);

/// Wraps a simple WebP into the extended format with an EXIF chunk at its end.
Bytes WithWebpExif(const Bytes& webp, int width, int height, const Bytes& exif);

struct TiffPageSpec {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int bits = 8;
  int samples = 1;
  int photometric = 1;
  int compression = 1;
  int planar = 1;
  std::uint32_t rows_per_strip = 4;
  std::uint32_t tile_width = 0;  ///< 0: strips
  std::uint32_t tile_height = 0;
  int orientation = 1;
  std::vector<std::uint16_t> extra_samples;
  float resolution_x = 0;  ///< 0: not stated
  float resolution_y = 0;
  int resolution_unit = 2;
  bool ramp_palette = false;  ///< colour i is (i, 255 - i, i / 2) in 16 bits
  Bytes rows;  ///< packed rows; of separate planes, one plane after the other; of tiles, the tiles in order
};
Bytes EncodeTiff(const std::vector<TiffPageSpec>& pages, bool big = false);

/// The pixel at (x, y) as {blue, green, red}.
std::array<int, 3> At(const Image& image, int x, int y);

/// Whether two images have the same size and every channel differs by at most `tolerance`.
bool SamePixels(const Image& a, const Image& b, int tolerance = 0);

}  // namespace doclayout::decode::testing
