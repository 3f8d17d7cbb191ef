#include "decode/page_size.h"

#include <fmt/format.h>

#include <new>

namespace doclayout::decode {

Result<void> CheckPageSize(std::uint64_t width, std::uint64_t height, const Limits& limits) {
  if (width == 0 || height == 0) {
    return Fail(ErrorCode::kUndecodable,
                fmt::format("The image is {} x {} pixels: there is nothing in it.", width, height));
  }
  const auto max_dimension = static_cast<std::uint64_t>(limits.max_dimension);
  if (width > max_dimension || height > max_dimension) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("The page is {} x {} pixels; a side has at most {} pixels.", width, height, max_dimension));
  }
  // Both sides are at most an int here, so that the product fits.
  if (width * height > static_cast<std::uint64_t>(limits.max_pixels)) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("The page is {} x {} = {} pixels; at most {} are allowed (MAX_PIXELS).", width, height,
                            width * height, limits.max_pixels));
  }
  return DocumentSize(limits).AddPage(width, height);
}

Result<void> DocumentSize::AddPage(std::uint64_t width, std::uint64_t height) {
  if (++pages_ > limits_.max_pages) {
    return Fail(ErrorCode::kTooLarge, fmt::format("The document has more than {} pages, which is the most allowed "
                                                  "(MAX_PAGES).",
                                                  limits_.max_pages));
  }
  pixels_ += width * height;
  if (pixels_ > static_cast<std::uint64_t>(limits_.max_document_pixels)) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("The document has {} pixels up to page {}; at most {} are allowed (MAX_DOCUMENT_PIXELS).",
                            pixels_, pages_, limits_.max_document_pixels));
  }
  return {};
}

Result<Image> AllocateImage(int width, int height) {
  try {
    return Image(width, height);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kTooLarge, fmt::format("There is no memory for a page of {} x {} pixels.", width, height));
  }
}

}  // namespace doclayout::decode
