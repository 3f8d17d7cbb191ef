#pragma once

#include <cstdint>

#include "base/result.h"
#include "types/image.h"

namespace doclayout::decode {

/// How stored pixels lie on the page, numbered as EXIF and TIFF do. The name says which edges of the upright page the
/// first stored row and the first stored column are: `kRightTop` is stored with its first row at the right edge.
enum class Orientation : std::uint8_t {
  kTopLeft = 1,      ///< upright: nothing to do
  kTopRight = 2,     ///< mirrored left to right
  kBottomRight = 3,  ///< turned by 180 degrees
  kBottomLeft = 4,   ///< mirrored top to bottom
  kLeftTop = 5,      ///< mirrored along the main diagonal
  kRightTop = 6,     ///< has to be turned by 90 degrees clockwise
  kRightBottom = 7,  ///< mirrored along the other diagonal
  kLeftBottom = 8,   ///< has to be turned by 270 degrees clockwise
};

/// 1..8; every other value is `kTopLeft`. Thread-safe, never fails.
Orientation OrientationFromTag(std::uint32_t value);

/// Whether width and height change places.
bool SwapsAxes(Orientation orientation);

/// Degrees clockwise by which `Turn` turns. A mirrored picture is first mirrored left to right, then turned: this is
/// the turn.
int RotationDegrees(Orientation orientation);

/// Turns stored pixels upright. `kTopLeft` hands the image back untouched; 2 to 4 work in place; 5 to 8 need a second
/// image for the moment. `kTooLarge` when there is no memory for it. Thread-safe; blocks for one pass over the pixels.
Result<Image> Turn(Image stored, Orientation orientation);

}  // namespace doclayout::decode
