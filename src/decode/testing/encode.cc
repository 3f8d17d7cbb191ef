#include "decode/testing/encode.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "decode/testing/check.h"

namespace doclayout::decode::testing {

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "test input could not be made: %s\n", what);
  std::abort();
}

void Append(Bytes& target, std::string_view text) {
  target.insert(target.end(), text.begin(), text.end());
}

void AppendLittle16(Bytes& target, std::uint32_t value) {
  target.push_back(static_cast<std::uint8_t>(value));
  target.push_back(static_cast<std::uint8_t>(value >> 8));
}

void AppendLittle32(Bytes& target, std::uint32_t value) {
  AppendLittle16(target, value);
  AppendLittle16(target, value >> 16);
}

void AppendBig16(Bytes& target, std::uint32_t value) {
  target.push_back(static_cast<std::uint8_t>(value >> 8));
  target.push_back(static_cast<std::uint8_t>(value));
}

void AppendBig32(Bytes& target, std::uint32_t value) {
  AppendBig16(target, value >> 16);
  AppendBig16(target, value);
}

Image Pattern(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{x} * 3;
      pixel[0] = static_cast<std::uint8_t>(x * 7 + 1);
      pixel[1] = static_cast<std::uint8_t>(y * 11 + 2);
      pixel[2] = static_cast<std::uint8_t>(x * 3 + y * 5);
    }
  }
  return image;
}

Bytes RgbOf(const Image& image) {
  Bytes rgb(image.bytes().begin(), image.bytes().end());
  for (std::size_t i = 0; i < rgb.size(); i += 3) std::swap(rgb[i], rgb[i + 2]);
  return rgb;
}

Bytes Ramp(int count, int max) {
  Bytes ramp(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ramp[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i % (max + 1));
  return ramp;
}

Bytes Exif(std::uint16_t orientation, bool little_endian, bool jpeg_prefix) {
  Bytes exif;
  if (jpeg_prefix) Append(exif, {"Exif\0\0", 6});
  const auto add16 = little_endian ? AppendLittle16 : AppendBig16;
  const auto add32 = little_endian ? AppendLittle32 : AppendBig32;
  Append(exif, little_endian ? "II" : "MM");
  add16(exif, 42);
  add32(exif, 8);
  add16(exif, 1);
  add16(exif, 0x0112);
  add16(exif, 3);
  add32(exif, 1);
  add16(exif, orientation);
  add16(exif, 0);
  add32(exif, 0);
  return exif;
}

std::array<int, 3> At(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{x} * 3;
  return {pixel[0], pixel[1], pixel[2]};
}

bool SamePixels(const Image& a, const Image& b, int tolerance) {
  if (a.width() != b.width() || a.height() != b.height()) return false;
  return std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), [&](std::uint8_t left, std::uint8_t right) {
    return std::abs(int{left} - int{right}) <= tolerance;
  });
}

}  // namespace doclayout::decode::testing
