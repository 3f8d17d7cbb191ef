#include "types/image.h"

#include <cstring>

namespace doclayout {

Image Image::Clone() const {
  if (empty()) return {};
  Image copy(width_, height_);
  std::memcpy(copy.pixels_.get(), pixels_.get(), size_bytes());
  return copy;
}

}  // namespace doclayout
