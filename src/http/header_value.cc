#include "http/header_value.h"

#include <algorithm>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

/// Each is compared with all others, on the I/O thread.
constexpr std::size_t kMostParameters = 32;

/// Reads what stands from `text`'s opening quote to its closing one and removes it from `text`.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> TakeParameterValue(std::string_view& text) {
  if (!text.empty() && text.front() == '"') return TakeQuoted(text);
  const std::size_t end = std::min(text.find_first_of("; \t"), text.size());
  std::string value(text.substr(0, end));
  text.remove_prefix(end);
  if (!IsToken(value)) return std::nullopt;
  return value;
}

const std::string* HeaderValue::Find(std::string_view name) const {
  const auto found =
      std::find_if(parameters.begin(), parameters.end(), [&](const auto& entry) { return entry.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

std::optional<HeaderValue> ParseHeaderValue(std::string_view text) {
  HeaderValue result;
  const std::size_t end = std::min(text.find(';'), text.size());
  result.value = LowerCase(Trim(text.substr(0, end)));
  if (result.value.empty()) return std::nullopt;
  text = Trim(text.substr(end));
  while (!text.empty()) {
    if (text.front() != ';') return std::nullopt;
    text = Trim(text.substr(1));
    if (text.empty()) break;  // A semicolon at the end is common and harmless.
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string name = LowerCase(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    std::optional<std::string> value = TakeParameterValue(text);
    if (result.parameters.size() == kMostParameters) return std::nullopt;
    if (!IsToken(name) || !value || result.Find(name) != nullptr) return std::nullopt;
    result.parameters.emplace_back(std::move(name), std::move(*value));
    text = Trim(text);
  }
  return result;
}

std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted) {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      parts.push_back(Trim(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  parts.push_back(Trim(text.substr(start)));
  return parts;
}

std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kBearer = "Bearer ";
  const bool bearer =
      authorization.size() > kBearer.size() && EqualsIgnoreCase(authorization.substr(0, kBearer.size()), kBearer);
  return bearer ? Trim(authorization.substr(kBearer.size())) : std::string_view();
}

}  // namespace doclayout::http
