#pragma once

#include <string>
#include <string_view>

// How names, texts and numbers stand in an exposition. Pure functions, thread-safe.

namespace doclayout::metrics {

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`, and the same without the colon.
bool IsMetricName(std::string_view name);
bool IsLabelName(std::string_view name);

/// With backslashes and line breaks escaped, and quotes where `quotes`. A byte that is not UTF-8 is told as "\xe9",
/// and told apart from others by that: one such label, of a model say, would cost a reader the whole exposition.
std::string Escape(std::string_view text, bool quotes);

/// The shortest that is read back as the same: "0.1", "1", "1e+21", "NaN", "+Inf".
std::string Number(double value);

/// As OpenMetrics wants the limits of buckets, so that one limit is one label wherever it comes from: "1.0", "1e+06".
std::string CanonicalNumber(double value);

}  // namespace doclayout::metrics
