#include "tracing/trace_context.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace doclayout::tracing {
namespace {

/// Of a digit in lower case; nothing for anything else, upper case too.
std::optional<std::uint8_t> Digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

/// `text` has two characters for each byte.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> Bytes(std::string_view text) {
  std::array<std::uint8_t, size> bytes{};
  for (std::size_t index = 0; index < size; ++index) {
    const auto high = Digit(text[2 * index]);
    const auto low = Digit(text[2 * index + 1]);
    if (!high || !low) return std::nullopt;
    bytes[index] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return bytes;
}

}  // namespace

std::optional<TraceParent> ParseTraceparent(std::string_view text) {
  // version "-" trace-id "-" parent-id "-" flags; a version above 00 may add "-" and more.
  constexpr std::size_t kLength = 2 + 1 + 32 + 1 + 16 + 1 + 2;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = Bytes<1>(text.substr(0, 2));
  const auto trace = Bytes<16>(text.substr(3, 32));
  const auto span = Bytes<8>(text.substr(36, 16));
  const auto flags = Bytes<1>(text.substr(53, 2));
  if (!version || !trace || !span || !flags || version->front() == 0xff) return std::nullopt;
  if (text.size() > kLength && (version->front() == 0 || text[kLength] != '-')) return std::nullopt;
  const TraceParent parent{.trace = {*trace}, .span = {*span}, .sampled = (flags->front() & 1) != 0};
  if (parent.trace.IsZero() || parent.span.IsZero()) return std::nullopt;
  return parent;
}

std::string FormatTraceparent(const TraceParent& parent) {
  return "00-" + Hex(parent.trace) + "-" + Hex(parent.span) + (parent.sampled ? "-01" : "-00");
}

bool IsSampled(const std::optional<TraceParent>& parent, const TraceId& trace, double ratio) {
  if (parent) return parent->sampled;
  if (ratio >= 1) return true;
  if (!(ratio > 0)) return false;
  // The last seven bytes are the random ones: https://www.w3.org/TR/trace-context-2/#randomness-of-trace-id.
  constexpr std::size_t kRandomBytes = 7;
  std::uint64_t random = 0;
  std::for_each(trace.bytes.end() - kRandomBytes, trace.bytes.end(),
                [&random](std::uint8_t byte) { random = random << 8 | byte; });
  return static_cast<double>(random) < std::ldexp(ratio, 8 * kRandomBytes);
}

}  // namespace doclayout::tracing
