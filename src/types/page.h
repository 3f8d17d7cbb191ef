#pragma once

#include <optional>

#include "types/image.h"
#include "types/page_size.h"

namespace doclayout {

/// One page of a document, upright: EXIF orientation or PDF rotation is already applied to the pixels.
struct Page {
  int index = 0;              ///< 0-based place in the document
  int rotation = 0;           ///< degrees clockwise that decoding turned the stored pixels by: 0, 90, 180 or 270
  std::optional<double> dpi;  ///< dots an inch as the file states; of the horizontal axis when they differ
  Image image;
  /// Where `image` was decoded to fewer pixels than the page has, how many those are: what an answer is measured in.
  std::optional<PageSize> whole;

  PageSize size() const { return whole.value_or(PageSize{.width = image.width(), .height = image.height()}); }
};

}  // namespace doclayout
