#pragma once

#include <optional>

#include "types/image.h"

namespace doclayout {

/// One page of a document, upright: EXIF orientation or PDF rotation is already applied to the pixels.
struct Page {
  int index = 0;              ///< 0-based place in the document
  int rotation = 0;           ///< degrees clockwise that decoding turned the stored pixels by: 0, 90, 180 or 270
  std::optional<double> dpi;  ///< dots an inch as the file states; of the horizontal axis when they differ
  Image image;
};

}  // namespace doclayout
