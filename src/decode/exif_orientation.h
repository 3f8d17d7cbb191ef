#pragma once

#include <cstdint>
#include <span>

#include "decode/orient.h"

namespace doclayout::decode {

/// The orientation that an EXIF block states in its first directory (tag 0x0112). With or without the leading
/// "Exif\0\0" of JPEG, which some writers put into PNG and WebP too.
///
/// Never fails: anything that is broken, missing or out of range is `kTopLeft`, because a picture with rubbish beside
/// it is still a picture. Reads nothing else, never outside the block. Thread-safe.
Orientation ParseExifOrientation(std::span<const std::uint8_t> exif);

}  // namespace doclayout::decode
