#include "http/analyze/base64.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace doclayout::http {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xff;

constexpr std::array<std::uint8_t, 256> MakeValues() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> kValues = MakeValues();

std::uint8_t ValueOf(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

tl::unexpected<Error> WrongCharacter(std::string_view text, std::size_t from) {
  std::size_t at = from;
  while (at < text.size() && ValueOf(text[at]) != kInvalid) ++at;
  const auto byte = static_cast<unsigned char>(at < text.size() ? text[at] : 0);
  return Fail(ErrorCode::kBadRequest,
              fmt::format("the base64 text has the byte 0x{:02x} at offset {}; allowed are A-Z, a-z, 0-9, '+', '/' and "
                          "at most two '=' at the end",
                          byte, at));
}

}  // namespace

Result<void> DecodeBase64(std::string& text) {
  if (text.empty()) return {};
  if (text.starts_with("data:")) {
    return Fail(ErrorCode::kBadRequest, "the image is a data URL; send only what stands behind its comma");
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t characters = text.size() - padding;

  std::size_t out = 0;
  std::size_t in = 0;
  const auto put = [&](std::uint32_t byte) { text[out++] = static_cast<char>(byte & 0xff); };
  for (; in + 4 <= characters; in += 4) {
    const std::uint32_t a = ValueOf(text[in]);
    const std::uint32_t b = ValueOf(text[in + 1]);
    const std::uint32_t c = ValueOf(text[in + 2]);
    const std::uint32_t d = ValueOf(text[in + 3]);
    if (((a | b | c | d) & 0x80) != 0) return WrongCharacter(text, in);
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    put(group >> 16);
    put(group >> 8);
    put(group);
  }
  for (std::size_t i = in; i < characters; ++i) {
    if (ValueOf(text[i]) == kInvalid) return WrongCharacter(text, i);
  }
  if ((characters + padding) % 4 != 0) {
    return Fail(ErrorCode::kBadRequest,
                fmt::format("the base64 text has {} characters; a multiple of 4 is needed, padded with '='",
                            characters + padding));
  }
  if (const std::size_t rest = characters - in; rest != 0) {
    const std::uint32_t b = ValueOf(text[in + 1]);
    const std::uint32_t c = rest == 3 ? ValueOf(text[in + 2]) : 0;
    const std::uint32_t group = std::uint32_t{ValueOf(text[in])} << 10 | b << 4 | c >> 2;
    if (((rest == 2 ? b & 0x0f : c & 0x03)) != 0) {
      return Fail(ErrorCode::kBadRequest, "the base64 text ends in bits that are not zero; it is cut or broken");
    }
    put(group >> 8);
    if (rest == 3) put(group);
  }
  text.resize(out);
  return {};
}

}  // namespace doclayout::http
