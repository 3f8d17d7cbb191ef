#include "decode/other_formats.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace doclayout::decode {
namespace {

using std::string_view_literals::operator""sv;

struct Mark {
  std::string_view bytes;
  std::size_t at;
  std::string_view name;
};

/// The first that fits counts.
constexpr std::array<Mark, 23> kMarks{{
    {"\0\0\0\x0CjP  "sv, 0, "a JPEG 2000 image"},
    {"\xFF\x4F\xFF\x51"sv, 0, "a JPEG 2000 image"},
    {"\0\0\0\x0CJXL "sv, 0, "a JPEG XL image"},
    {"\xFF\x0A"sv, 0, "a JPEG XL image"},
    {"ftypavif"sv, 4, "an AVIF image"},
    {"ftyphei"sv, 4, "an HEIC image"},
    {"ftyphev"sv, 4, "an HEIC image"},
    {"ftypmif1"sv, 4, "an HEIF image"},
    {"ftyp"sv, 4, "a video"},
    {"8BPS"sv, 0, "a Photoshop document"},
    {"\0\0\1\0"sv, 0, "an icon"},
    {"AT&TFORM"sv, 0, "a DjVu document"},
    {"\x97JB2\r\n"sv, 0, "a JBIG2 image"},
    {"%!PS"sv, 0, "a PostScript document"},
    {"{\\rtf"sv, 0, "an RTF document"},
    {"<svg"sv, 0, "an SVG drawing"},
    {"PK\3\4"sv, 0, "a ZIP archive or an office document"},
    {"\xD0\xCF\x11\xE0"sv, 0, "an office document"},
    {"\x1F\x8B"sv, 0, "a gzip archive"},
    {"7z\xBC\xAF"sv, 0, "a 7-Zip archive"},
    {"\x7F"
     "ELF"sv,
     0, "a program"},
    {"RIFF"sv, 0, "a sound or video"},
    {"DICM"sv, 128, "a DICOM image"},
}};

bool Has(std::span<const std::uint8_t> bytes, const Mark& mark) {
  return bytes.size() >= mark.at + mark.bytes.size() &&
         std::equal(mark.bytes.begin(), mark.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(mark.at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// P1 to P7 of Netpbm: white space after the number, then (but for comments) a number, or P7's first key.
std::string_view NameNetpbm(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::string_view, 7> kNames{"a PBM image", "a PGM image", "a PPM image", "a PBM image",
                                                   "a PGM image", "a PPM image", "a PAM image"};
  if (bytes.size() < 4 || bytes[0] != 'P' || bytes[1] < '1' || bytes[1] > '7') return {};
  const auto is_space = [](std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); };
  if (!is_space(bytes[2])) return {};
  const auto next = std::find_if_not(bytes.begin() + 2, bytes.end(), is_space);
  const bool fits = next != bytes.end() && ((*next >= '0' && *next <= '9') || *next == '#' || bytes[1] == '7');
  return fits ? kNames[static_cast<std::size_t>(bytes[1] - '1')] : std::string_view{};
}

/// Nothing but what is printed and white space; other letters than ASCII's do not make a text of noise, so that most
/// of it has to be ASCII, or all of it UTF-8 as far as one can see at a glance.
bool LooksLikeText(std::span<const std::uint8_t> bytes) {
  const auto start = bytes.first(std::min<std::size_t>(bytes.size(), 512));
  std::size_t ascii = 0;
  std::size_t lead = 0;
  std::size_t following = 0;
  for (const std::uint8_t byte : start) {
    const bool space = byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
    if ((byte < 0x20 && !space) || byte == 0x7F) return false;
    ascii += byte < 0x80 ? 1 : 0;
    lead += byte >= 0xC2 && byte <= 0xF4 ? 1 : 0;
    following += byte >= 0x80 && byte <= 0xBF ? 1 : 0;
  }
  const bool mostly_ascii = ascii * 2 > start.size();
  const bool perhaps_utf8 = ascii + lead + following == start.size() && following >= lead;
  return mostly_ascii || (perhaps_utf8 && lead > 0);
}

}  // namespace

std::string_view NameOtherFormat(std::span<const std::uint8_t> bytes) {
  for (const Mark& mark : kMarks) {
    if (Has(bytes, mark)) return mark.name;
  }
  if (const std::string_view netpbm = NameNetpbm(bytes); !netpbm.empty()) return netpbm;
  return LooksLikeText(bytes) ? "text" : std::string_view{};
}

}  // namespace doclayout::decode
