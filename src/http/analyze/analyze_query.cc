#include "http/analyze/analyze_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "http/ascii.h"
#include "http/query.h"

namespace doclayout::http {
namespace {

bool ReadThreshold(std::string_view text, AnalyzeQuery& query) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // "nan" and "inf" are numbers to from_chars; no comparison with NaN holds.
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1)) return false;
  query.parameters.threshold = std::fabs(value);  // "-0" is 0
  return true;
}

bool ReadNms(std::string_view text, AnalyzeQuery& query) {
  const bool on = text == "true" || text == "1" || text == "on";
  const bool off = text == "false" || text == "0" || text == "off";
  if (on || off) query.parameters.nms = on;
  return on || off;
}

bool ReadFormat(std::string_view text, AnalyzeQuery& query) {
  query.format = text == "png" ? OutputFormat::kPng : OutputFormat::kJson;
  return text == "png" || text == "json";
}

struct Parameter {
  std::string_view name;
  std::string_view allowed;
  bool (*read)(std::string_view text, AnalyzeQuery& query);
};

constexpr std::array kParameters = {
    Parameter{"threshold", "a number from 0 to 1", ReadThreshold},
    Parameter{"nms", "true, false, 1, 0, on or off", ReadNms},
    Parameter{"format", "json or png", ReadFormat},
};

}  // namespace

Result<AnalyzeQuery> ParseAnalyzeQuery(std::string_view encoded) {
  const Result<std::vector<QueryParameter>> given = ParseQuery(encoded);
  if (!given) return Fail(given.error());
  AnalyzeQuery query;
  for (const QueryParameter& parameter : *given) {
    const auto known = std::find_if(kParameters.begin(), kParameters.end(),
                                    [&](const Parameter& candidate) { return candidate.name == parameter.name; });
    if (known == kParameters.end()) {
      return Fail(
          ErrorCode::kBadParameter,
          fmt::format("the parameter {} is unknown; allowed are threshold, nms, format", Quoted(parameter.name)));
    }
    if (!known->read(parameter.value, query)) {
      return Fail(ErrorCode::kBadParameter, fmt::format("the parameter '{}' is {}; allowed is {}", known->name,
                                                        Quoted(parameter.value), known->allowed));
    }
  }
  return query;
}

}  // namespace doclayout::http
