#include "decode/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "decode/byte_order.h"
#include "decode/formats.h"
#include "decode/other_formats.h"

namespace doclayout::decode {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kWhatIsRead = "JPEG, PNG, WebP, TIFF and BMP are read";

bool StartsWith(std::span<const std::uint8_t> bytes, std::string_view magic, std::size_t at = 0) {
  return bytes.size() >= at + magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// "BM" alone also starts a good deal of English, so that the size of the second header, at byte 14, has to be one of
/// those that exist.
bool LooksLikeBmp(std::span<const std::uint8_t> bytes) {
  if (!StartsWith(bytes, "BM")) return false;
  if (bytes.size() < 16) return true;
  const std::uint16_t header = LittleEndian16(&bytes[14]);
  return header >= 12 && header <= 124;
}

tl::unexpected<Error> Unread(std::span<const std::uint8_t> bytes) {
  const std::string_view found = NameOtherFormat(bytes);
  if (found.empty())
    return Fail(ErrorCode::kUnsupportedMedia, fmt::format("The file's format is not known; {}.", kWhatIsRead));
  return Fail(ErrorCode::kUnsupportedMedia, fmt::format("The file is {}, which is not read; {}.", found, kWhatIsRead));
}

}  // namespace

Format Sniff(std::span<const std::uint8_t> bytes) {
  bytes = bytes.first(std::min<std::size_t>(bytes.size(), 16));
  if (StartsWith(bytes, "\xFF\xD8\xFF"sv)) return Format::kJpeg;
  if (StartsWith(bytes, "\x89PNG\r\n\x1A\n"sv)) return Format::kPng;
  if (StartsWith(bytes, "RIFF"sv) && StartsWith(bytes, "WEBP"sv, 8)) return Format::kWebp;
  if (StartsWith(bytes, "II*\0"sv) || StartsWith(bytes, "MM\0*"sv)) return Format::kTiff;
  if (StartsWith(bytes, "II+\0"sv) || StartsWith(bytes, "MM\0+"sv)) return Format::kTiff;  // BigTIFF
  if (StartsWith(bytes, "GIF87a"sv) || StartsWith(bytes, "GIF89a"sv)) return Format::kGif;
  // Readers allow a few bytes, such as a byte order mark or a line's end, before the mark of a PDF.
  constexpr std::string_view kPdf = "%PDF-";
  if (std::search(bytes.begin(), bytes.end(), kPdf.begin(), kPdf.end()) != bytes.end()) return Format::kPdf;
  return LooksLikeBmp(bytes) ? Format::kBmp : Format::kUnknown;
}

std::string_view FormatName(Format format) {
  switch (format) {
    case Format::kUnknown:
      return "unknown";
    case Format::kJpeg:
      return "JPEG";
    case Format::kPng:
      return "PNG";
    case Format::kWebp:
      return "WebP";
    case Format::kTiff:
      return "TIFF";
    case Format::kBmp:
      return "BMP";
    case Format::kGif:
      return "GIF";
    case Format::kPdf:
      return "PDF";
  }
  return "unknown";
}

Result<std::unique_ptr<Document>> OpenDocument(std::span<const std::uint8_t> bytes, const Limits& limits) {
  if (bytes.empty()) return Fail(ErrorCode::kEmpty, "The document is empty: it has no bytes.");
  switch (Sniff(bytes)) {
    case Format::kJpeg:
      return OpenJpeg(bytes, limits);
    case Format::kPng:
      return OpenPng(bytes, limits);
    case Format::kWebp:
      return OpenWebp(bytes, limits);
    case Format::kTiff:
      return OpenTiff(bytes, limits);
    case Format::kBmp:
      return OpenBmp(bytes, limits);
    case Format::kGif:
      return Fail(ErrorCode::kUnsupportedMedia, fmt::format("GIF is not read; convert it to PNG ({}).", kWhatIsRead));
    case Format::kPdf:
      return Fail(ErrorCode::kUnsupportedMedia,
                  fmt::format("PDFs are not read by this version; send the pages as images ({}).", kWhatIsRead));
    case Format::kUnknown:
      break;
  }
  return Unread(bytes);
}

}  // namespace doclayout::decode
