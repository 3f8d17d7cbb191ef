#include "decode/orient.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "decode/page_size.h"

namespace doclayout::decode {
namespace {

constexpr std::ptrdiff_t kPixel = Image::kChannels;

void SwapPixels(std::uint8_t* a, std::uint8_t* b) {
  std::swap_ranges(a, a + kPixel, b);
}

/// Reverses the pixels of `count` in a row; of a whole image, that is a turn by 180 degrees.
void ReversePixels(std::uint8_t* first, std::size_t count) {
  std::uint8_t* last = first + (count - 1) * kPixel;
  for (; first < last; first += kPixel, last -= kPixel) SwapPixels(first, last);
}

/// Rows become columns. `flip_x` and `flip_y` count the target's columns and rows from their far end.
Result<Image> Transpose(const Image& stored, bool flip_x, bool flip_y) {
  auto target = AllocateImage(stored.height(), stored.width());
  if (!target) return target;

  // Target (x, y) is stored row x, column y. Square tiles keep both sides in the cache.
  constexpr int kTile = 32;
  const std::ptrdiff_t column_step = flip_x ? -kPixel : kPixel;
  for (int tile_y = 0; tile_y < stored.height(); tile_y += kTile) {
    const int end_y = std::min(tile_y + kTile, stored.height());
    for (int tile_x = 0; tile_x < stored.width(); tile_x += kTile) {
      const int end_x = std::min(tile_x + kTile, stored.width());
      for (int x = tile_x; x < end_x; ++x) {
        const int first_column = flip_x ? stored.height() - 1 - tile_y : tile_y;
        std::uint8_t* to = target->row(flip_y ? stored.width() - 1 - x : x) + first_column * kPixel;
        const std::uint8_t* from = stored.row(tile_y) + x * kPixel;
        for (int y = tile_y; y < end_y; ++y, to += column_step, from += stored.row_bytes()) {
          std::memcpy(to, from, kPixel);
        }
      }
    }
  }
  return target;
}

}  // namespace

Orientation OrientationFromTag(std::uint32_t value) {
  return value >= 1 && value <= 8 ? static_cast<Orientation>(value) : Orientation::kTopLeft;
}

bool SwapsAxes(Orientation orientation) {
  return orientation >= Orientation::kLeftTop;
}

int RotationDegrees(Orientation orientation) {
  switch (orientation) {
    case Orientation::kTopLeft:
    case Orientation::kTopRight:
      return 0;
    case Orientation::kBottomRight:
    case Orientation::kBottomLeft:
      return 180;
    case Orientation::kRightTop:
    case Orientation::kRightBottom:
      return 90;
    case Orientation::kLeftTop:
    case Orientation::kLeftBottom:
      return 270;
  }
  return 0;
}

Result<Image> Turn(Image stored, Orientation orientation) {
  switch (orientation) {
    case Orientation::kTopLeft:
      break;
    case Orientation::kTopRight:
      for (int y = 0; y < stored.height(); ++y) ReversePixels(stored.row(y), static_cast<std::size_t>(stored.width()));
      break;
    case Orientation::kBottomRight:
      ReversePixels(stored.row(0), stored.size_bytes() / kPixel);
      break;
    case Orientation::kBottomLeft:
      for (int top = 0, bottom = stored.height() - 1; top < bottom; ++top, --bottom) {
        std::swap_ranges(stored.row(top), stored.row(top) + stored.row_bytes(), stored.row(bottom));
      }
      break;
    case Orientation::kLeftTop:
      return Transpose(stored, false, false);
    case Orientation::kRightTop:
      return Transpose(stored, true, false);
    case Orientation::kRightBottom:
      return Transpose(stored, true, true);
    case Orientation::kLeftBottom:
      return Transpose(stored, false, true);
  }
  return stored;
}

}  // namespace doclayout::decode
