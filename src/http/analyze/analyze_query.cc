#include "http/analyze/analyze_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "http/ascii.h"
#include "http/query.h"
#include "types/parameter_text.h"

namespace doclayout::http {
namespace {

/// A parameter of the service; those of the analysis itself are in types/parameter_text.h.
struct ServiceParameter {
  std::string_view name;
  std::string_view allowed;
  bool (*read)(std::string_view text, AnalyzeQuery& query);
  bool changes_regions = false;
};

bool ReadFormat(std::string_view text, AnalyzeQuery& query) {
  query.format = text == "png" ? OutputFormat::kPng : OutputFormat::kJson;
  return text == "png" || text == "json";
}

bool ReadDecode(std::string_view text, AnalyzeQuery& query) {
  query.decode = ParseDecodeMode(text);
  return query.decode.has_value();
}

bool ReadPriority(std::string_view text, AnalyzeQuery& query) {
  query.priority = scheduler::ParsePriority(text);
  return query.priority.has_value();
}

bool ReadTimeout(std::string_view text, AnalyzeQuery& query) {
  constexpr int kLongest = 3'600'000;
  int milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  query.timeout = std::chrono::milliseconds(milliseconds);
  return milliseconds >= 1 && milliseconds <= kLongest;
}

constexpr std::array<ServiceParameter, 4> kServiceParameters = {
    {{"format", "json or png", ReadFormat},
     {"decode", "exact or fast", ReadDecode, true},
     {"timeout_ms", "a whole number from 1 to 3600000", ReadTimeout},
     {"priority", "interactive or bulk", ReadPriority}}};

Error NotAllowed(const QueryParameter& parameter, std::string_view allowed) {
  return {ErrorCode::kBadParameter,
          fmt::format("the parameter '{}' is {}; allowed is {}", parameter.name, Quoted(parameter.value), allowed)};
}

Error Unknown(const QueryParameter& parameter) {
  std::vector<std::string_view> names;
  for (const ParameterText& text : ParameterTexts()) names.push_back(text.name);
  for (const ServiceParameter& own : kServiceParameters) names.push_back(own.name);
  return {ErrorCode::kBadParameter,
          fmt::format("the parameter {} is unknown; allowed are {}", Quoted(parameter.name), fmt::join(names, ", "))};
}

/// What `given` says of the regions, in one order.
std::string Canonical(std::vector<QueryParameter> given) {
  std::ranges::sort(given, {}, &QueryParameter::name);
  std::string text;
  for (const QueryParameter& parameter : given) {
    const auto* own = std::ranges::find(kServiceParameters, parameter.name, &ServiceParameter::name);
    if (own != kServiceParameters.end() && !own->changes_regions) continue;
    // A value may hold any character; its length says where it ends.
    text += fmt::format("{}={}:{};", parameter.name, parameter.value.size(), parameter.value);
  }
  return text;
}

}  // namespace

Result<AnalyzeQuery> ParseAnalyzeQuery(std::string_view encoded) {
  Result<std::vector<QueryParameter>> given = ParseQuery(encoded);
  if (!given) return Fail(given.error());
  AnalyzeQuery query;
  const std::span<const ParameterText> texts = ParameterTexts();
  for (const QueryParameter& parameter : *given) {
    const auto named = [&](const auto& known) { return known.name == parameter.name; };
    if (const auto* own = std::ranges::find_if(kServiceParameters, named); own != kServiceParameters.end()) {
      if (!own->read(parameter.value, query)) return Fail(NotAllowed(parameter, own->allowed));
      continue;
    }
    const auto known = std::ranges::find_if(texts, named);
    if (known == texts.end()) return Fail(Unknown(parameter));
    if (!known->read(parameter.value, query.parameters)) return Fail(NotAllowed(parameter, known->allowed));
  }
  query.canonical = Canonical(std::move(*given));
  return query;
}

}  // namespace doclayout::http
