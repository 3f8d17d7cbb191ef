#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace doclayout::http {

/// Text as HTTP sees it: bytes, with ASCII's letters and nothing of the locale. Pure functions, thread-safe.

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool IsLowerHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f');
}
constexpr bool IsVisible(char c) {
  return c > ' ' && c < '\x7f';
}

constexpr char ToLower(char c) {
  return IsUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// RFC 9110, 5.6.2.
constexpr bool IsTokenChar(char c) {
  return IsDigit(c) || IsUpper(c) || IsLower(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ToLower);
  return lower;
}

inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return ToLower(x) == ToLower(y); });
}

/// Without spaces and tabs at both ends.
constexpr std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Untrusted text for a message: in single quotes, what is not visible ASCII replaced, cut after 64 bytes.
inline std::string Quoted(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  std::string quoted = "'";
  for (const char c : text.substr(0, kLongest)) quoted += c == ' ' || IsVisible(c) ? c : '?';
  quoted += text.size() > kLongest ? "…'" : "'";
  return quoted;
}

}  // namespace doclayout::http
