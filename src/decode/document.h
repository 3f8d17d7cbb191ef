#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "types/page.h"
#include "types/page_size.h"

namespace doclayout::decode {

/// What the first bytes say a file is. Names and extensions are not asked.
enum class Format { kUnknown, kJpeg, kPng, kWebp, kTiff, kBmp, kGif, kPdf };

/// Reads at most the first 16 bytes. Thread-safe, never fails.
Format Sniff(std::span<const std::uint8_t> bytes);

/// "JPEG", "PNG", …, "unknown".
std::string_view FormatName(Format format);

/// Checked against the header before any pixel is decoded or any memory for pixels is allocated. All are at least 1.
struct Limits {
  std::int64_t max_pixels = 50'000'000;  ///< of one page: width times height
  int max_dimension = 65'535;            ///< of one side
  int max_pages = 200;                   ///< of one document
  /// Of all pages of one document. A blank page of TIFF takes some hundred bytes of file for each megapixel of
  /// decoding; this many take about as long as inferring the most pages does. 200 A4 pages at 200 dpi have 774 million.
  std::int64_t max_document_pixels = 1'000'000'000;
};

/// A file whose header was read and found good. Pages are decoded one by one, so that a file of many pages holds the
/// memory of one.
///
/// Not thread-safe: one thread at a time. Borrows the bytes it was opened on, which must outlive it.
class Document {
 public:
  virtual ~Document() = default;

  virtual Format format() const = 0;

  /// 1 for everything but TIFF.
  virtual int page_count() const = 0;

  /// Decodes page `index` (0-based), turned upright, transparency laid on white, 16-bit samples cut to 8 (v >> 8).
  /// May be called again, in any order. Blocks for as long as decoding takes: never call it on an I/O thread.
  ///
  /// `kUndecodable` for broken or truncated data (never a page with a part missing), `kTooLarge` for a page over the
  /// limits or beyond memory, `kUnsupportedMedia` for a kind of pixels that is not read, `kBadParameter` for a page
  /// that is not there.
  virtual Result<Page> ReadPage(int index) = 0;

  /// As `ReadPage`, of a page that is to be scaled down to `enough` anyway: where the format can be decoded to fewer
  /// pixels, which takes less time, the page's image has fewer, but not fewer than that in either direction. The page
  /// says how many it has. Formats that cannot give all of them, as `ReadPage` does.
  virtual Result<Page> ReadReducedPage(int index, PageSize enough) {
    static_cast<void>(enough);
    return ReadPage(index);
  }
};

/// Recognises the format and reads the header. Thread-safe.
///
/// `kEmpty` for no bytes, `kUnsupportedMedia` for a format that is not read (the message names what was found and what
/// is read), `kTooLarge` over a limit, `kUndecodable` for a broken header.
Result<std::unique_ptr<Document>> OpenDocument(std::span<const std::uint8_t> bytes, const Limits& limits);

}  // namespace doclayout::decode
