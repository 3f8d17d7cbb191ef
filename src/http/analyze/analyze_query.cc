#include "http/analyze/analyze_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "http/ascii.h"
#include "http/query.h"
#include "types/parameter_text.h"

namespace doclayout::http {
namespace {

constexpr std::string_view kFormat = "format";

bool ReadFormat(std::string_view text, AnalyzeQuery& query) {
  query.format = text == "png" ? OutputFormat::kPng : OutputFormat::kJson;
  return text == "png" || text == "json";
}

Error NotAllowed(const QueryParameter& parameter, std::string_view allowed) {
  return {ErrorCode::kBadParameter,
          fmt::format("the parameter '{}' is {}; allowed is {}", parameter.name, Quoted(parameter.value), allowed)};
}

Error Unknown(const QueryParameter& parameter) {
  std::vector<std::string_view> names;
  for (const ParameterText& text : ParameterTexts()) names.push_back(text.name);
  names.push_back(kFormat);
  return {ErrorCode::kBadParameter,
          fmt::format("the parameter {} is unknown; allowed are {}", Quoted(parameter.name), fmt::join(names, ", "))};
}

}  // namespace

Result<AnalyzeQuery> ParseAnalyzeQuery(std::string_view encoded) {
  const Result<std::vector<QueryParameter>> given = ParseQuery(encoded);
  if (!given) return Fail(given.error());
  AnalyzeQuery query;
  const std::span<const ParameterText> texts = ParameterTexts();
  for (const QueryParameter& parameter : *given) {
    if (parameter.name == kFormat) {
      if (!ReadFormat(parameter.value, query)) return Fail(NotAllowed(parameter, "json or png"));
      continue;
    }
    const auto known = std::find_if(texts.begin(), texts.end(),
                                    [&](const ParameterText& text) { return text.name == parameter.name; });
    if (known == texts.end()) return Fail(Unknown(parameter));
    if (!known->read(parameter.value, query.parameters)) return Fail(NotAllowed(parameter, known->allowed));
  }
  return query;
}

}  // namespace doclayout::http
