#include "terminal_text.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace doclayout {
namespace {

/// One character of a text: its code point and how many bytes it takes. A byte that begins no well-formed UTF-8 is a
/// character of its own.
struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool well_formed = true;
};

/// `text` is not empty.
Character FirstCharacter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {.code = lead};
  const Character broken{.code = lead, .size = 1, .well_formed = false};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return broken;
  std::uint32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return broken;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[size] || code > 0x10FFFF || surrogate) return broken;
  return {.code = code, .size = size};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t kCount>
bool IsIn(const std::array<Range, kCount>& ranges, std::uint32_t code) {
  for (const auto& [first, last] : ranges) {
    if (code >= first && code <= last) return true;
  }
  return false;
}

/// C0, DEL and C1; line and paragraph separator; marks that embed, override or isolate a direction of writing.
constexpr std::array<Range, 4> kUnprintable{{{0x00, 0x1F}, {0x7F, 0x9F}, {0x2028, 0x202E}, {0x2066, 0x2069}}};

/// The blocks whose letters are wide (Unicode, EastAsianWidth.txt: W and F), coarsely: a column too few shown is better
/// than a line that wraps.
constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFFE6},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};

int ColumnsOf(std::uint32_t code) {
  return IsIn(kWide, code) ? 2 : 1;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const Character first = FirstCharacter(text);
    if (!first.well_formed || (first.code < 0x80 && IsIn(kUnprintable, first.code))) {
      printable += fmt::format("\\x{:02x}", first.code);
    } else if (IsIn(kUnprintable, first.code)) {
      printable += fmt::format("\\u{:04x}", first.code);
    } else {
      printable += text.substr(0, first.size);
    }
    text.remove_prefix(first.size);
  }
  return printable;
}

std::string CutToColumns(std::string_view text, int columns) {
  int used = 0;
  std::size_t end_with_ellipsis = 0;  // where to cut so that one more column is left
  for (std::size_t at = 0; at < text.size();) {
    const Character next = FirstCharacter(text.substr(at));
    used += ColumnsOf(next.code);
    if (used > columns) return columns < 1 ? "" : std::string(text.substr(0, end_with_ellipsis)) + "…";
    at += next.size;
    if (used < columns) end_with_ellipsis = at;
  }
  return std::string(text);
}

}  // namespace doclayout
