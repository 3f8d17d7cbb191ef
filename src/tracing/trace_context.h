#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tracing/span.h"

/// What processes tell each other of a trace: https://www.w3.org/TR/trace-context/. Pure functions, thread-safe.
namespace doclayout::tracing {

/// The caller's span. A plain value.
struct TraceParent {
  TraceId trace;
  SpanId span;
  bool sampled = false;  ///< the caller records this trace

  friend bool operator==(const TraceParent&, const TraceParent&) = default;
};

/// Nothing for a `traceparent` that is not valid, which the standard says to ignore.
std::optional<TraceParent> ParseTraceparent(std::string_view text);

/// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
std::string FormatTraceparent(const TraceParent& parent);

/// Whether a trace is recorded: as the caller decided, else a share `ratio` (0 to 1) of all traces, told by the trace's
/// id so that every service with the same ratio decides alike ("parentbased_traceidratio" of OpenTelemetry).
bool IsSampled(const std::optional<TraceParent>& parent, const TraceId& trace, double ratio);

}  // namespace doclayout::tracing
