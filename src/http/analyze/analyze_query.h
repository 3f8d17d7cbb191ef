#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "scheduler/priority.h"
#include "types/analyze_parameters.h"
#include "types/decode_mode.h"

namespace doclayout::http {

enum class OutputFormat { kJson, kPng };

/// What the query of `/analyze` asks for.
struct AnalyzeQuery {
  AnalyzeParameters parameters;
  std::optional<DecodeMode> decode;
  /// What the regions depend on, as it was given, by name: the same for queries that differ only in their order or
  /// encoding, in other parameters of the service, or in nothing.
  std::string canonical;
  OutputFormat format = OutputFormat::kJson;
  std::optional<Duration> timeout;  ///< most time from the request's first byte to its answer
  std::optional<scheduler::Priority> priority;
};

/// Reads `format=json|png`, `decode=exact|fast`, `timeout_ms=1..3600000`, `priority=interactive|bulk` and what
/// types/parameter_text.h lists: `threshold=0..1`, `class_merge=3:large,table:union`, … Whether the model knows the
/// classes is not looked at.
///
/// `kBadParameter` for another name, a name given twice or a value that is not allowed; the message names the parameter
/// and what is. Thread-safe, takes microseconds.
Result<AnalyzeQuery> ParseAnalyzeQuery(std::string_view encoded);

}  // namespace doclayout::http
