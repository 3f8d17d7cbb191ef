#pragma once

#include <cstdint>

#include "base/result.h"
#include "decode/document.h"
#include "types/image.h"

namespace doclayout::decode {

/// Refuses a page of this size, be it the only one of its document, before memory is taken for it: `kUndecodable`
/// without pixels, `kTooLarge` over a limit; the message names the size, the limit and its option. Thread-safe.
Result<void> CheckPageSize(std::uint64_t width, std::uint64_t height, const Limits& limits);

/// Counts the pages of one document and their pixels against the limits, page by page, from their headers alone. Not
/// thread-safe.
class DocumentSize {
 public:
  /// The limits must outlive it.
  explicit DocumentSize(const Limits& limits) : limits_(limits) {}

  /// `kTooLarge` for the page that goes over a limit; the message names the limit and its option. The page's own size
  /// has passed `CheckPageSize`.
  Result<void> AddPage(std::uint64_t width, std::uint64_t height);

  int pages() const { return pages_; }

 private:
  const Limits& limits_;
  int pages_ = 0;
  std::uint64_t pixels_ = 0;
};

/// An image with its pixels uninitialised. The size has passed `CheckPageSize`. `kTooLarge` when there is no memory for
/// it.
Result<Image> AllocateImage(int width, int height);

}  // namespace doclayout::decode
