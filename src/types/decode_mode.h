#pragma once

#include <optional>
#include <string_view>

namespace doclayout {

/// How much of a page is decoded: each of its pixels, or only as many as the model looks at, where the format can.
enum class DecodeMode { kExact, kFast };

/// "exact" or "fast"; nullopt for any other text.
constexpr std::optional<DecodeMode> ParseDecodeMode(std::string_view text) {
  if (text == "exact") return DecodeMode::kExact;
  if (text == "fast") return DecodeMode::kFast;
  return std::nullopt;
}

}  // namespace doclayout
