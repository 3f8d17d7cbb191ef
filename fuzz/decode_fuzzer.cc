// Any bytes at all through the image decoders: they may refuse, they may not crash, overrun or exceed their limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "decode/document.h"

namespace {

/// Every pixel is read, so that one that was never written shows where memory is checked for that.
void ReadAll(const doclayout::Image& image) {
  unsigned sum = 0;
  for (const std::uint8_t byte : image.bytes()) sum += byte;
  volatile unsigned kept = sum;
  static_cast<void>(kept);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace doclayout::decode;  // NOLINT: one function

  const Limits limits{.max_pixels = 1'000'000, .max_dimension = 4096, .max_pages = 4, .max_document_pixels = 2'000'000};
  const auto document = OpenDocument({data, size}, limits);
  if (!document) return 0;
  if ((*document)->page_count() < 1 || (*document)->page_count() > limits.max_pages) std::abort();

  std::int64_t all_pixels = 0;
  for (int index = 0; index < (*document)->page_count(); ++index) {
    const auto page = (*document)->ReadPage(index);
    if (!page) continue;
    const auto pixels = std::int64_t{page->image.width()} * page->image.height();
    if (pixels < 1 || pixels > limits.max_pixels) std::abort();
    all_pixels += pixels;
    if (all_pixels > limits.max_document_pixels) std::abort();
    ReadAll(page->image);

    constexpr doclayout::PageSize kEnough{.width = 16, .height = 24};
    const auto reduced = (*document)->ReadReducedPage(index, kEnough);
    if (!reduced || reduced->size() != page->size()) std::abort();
    if (reduced->whole && (reduced->image.width() < kEnough.width || reduced->image.height() < kEnough.height)) {
      std::abort();
    }
    ReadAll(reduced->image);
  }
  return 0;
}
