#pragma once

#include <string_view>

#include "base/result.h"
#include "types/analyze_parameters.h"

namespace doclayout::http {

enum class OutputFormat { kJson, kPng };

/// What the query of `/analyze` asks for.
struct AnalyzeQuery {
  AnalyzeParameters parameters;
  OutputFormat format = OutputFormat::kJson;
};

/// Reads `threshold=0..1`, `nms=true|false|1|0|on|off` and `format=json|png`.
///
/// `kBadParameter` for another name, a name given twice or a value that is not allowed; the message names the parameter
/// and what is. Thread-safe, takes microseconds.
Result<AnalyzeQuery> ParseAnalyzeQuery(std::string_view encoded);

}  // namespace doclayout::http
