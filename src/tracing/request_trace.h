#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tracing/span.h"
#include "tracing/trace_context.h"

namespace doclayout::tracing {

/// The spans of one request: the request's own, and under it those of its stages.
///
/// A value of the request, not thread-safe: it goes from thread to thread with it. Where the trace is not sampled it
/// knows its ids, records nothing and costs nothing more.
class RequestTrace {
 public:
  /// What is only known at the end.
  struct Ending {
    TimePoint time;
    std::vector<Attribute> attributes;
    bool failed = false;
    std::string message;  ///< of the failure
  };

  /// Begins where `traceparent` left off, or a new trace when it is empty or not valid. `ratio` as for `IsSampled`.
  static RequestTrace Start(std::string_view traceparent, double ratio, const Clock& clock);

  bool sampled() const { return context_.sampled; }
  const TraceId& trace_id() const { return context_.trace; }

  /// To pass on: names the request's span as the parent.
  std::string Traceparent() const { return FormatTraceparent(context_); }

  /// A stage that has ended. `name` is one of a few: what varies is an attribute.
  void AddStage(std::string_view name, TimePoint start, TimePoint end, std::vector<Attribute> attributes = {});

  /// The same of a stage that failed.
  void AddFailedStage(std::string_view name, TimePoint start, TimePoint end, std::string message);

  /// All spans, the request's own last: for `SpanExporter::Export`. Empty when the trace is not sampled. `name` as
  /// "POST /analyze", with the route and not the path. The trace is over then.
  std::vector<Span> Finish(std::string_view name, TimePoint start, Ending ending);

 private:
  RequestTrace(const TraceParent& context, const SpanId& caller, TimeAnchor anchor)
      : context_(context), caller_(caller), anchor_(anchor) {}

  Span MakeSpan(std::string_view name, TimePoint start, TimePoint end) const;

  TraceParent context_;  ///< the request's own span
  SpanId caller_;        ///< zero: none
  TimeAnchor anchor_;
  std::vector<Span> spans_;
};

}  // namespace doclayout::tracing
