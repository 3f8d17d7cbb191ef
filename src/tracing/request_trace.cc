#include "tracing/request_trace.h"

#include <utility>

namespace doclayout::tracing {

RequestTrace RequestTrace::Start(std::string_view traceparent, double ratio, const Clock& clock) {
  const std::optional<TraceParent> caller = ParseTraceparent(traceparent);
  const TraceId trace = caller ? caller->trace : MakeTraceId();
  const TraceParent context{.trace = trace, .span = MakeSpanId(), .sampled = IsSampled(caller, trace, ratio)};
  return {context, caller ? caller->span : SpanId(), TimeAnchor::Now(clock)};
}

Span RequestTrace::MakeSpan(std::string_view name, TimePoint start, TimePoint end) const {
  Span span;
  span.trace = context_.trace;
  span.name = name;
  span.start = anchor_.ToWall(start);
  span.end = anchor_.ToWall(end);
  return span;
}

void RequestTrace::AddStage(std::string_view name, TimePoint start, TimePoint end, std::vector<Attribute> attributes) {
  if (!sampled()) return;
  Span span = MakeSpan(name, start, end);
  span.id = MakeSpanId();
  span.parent = context_.span;
  span.attributes = std::move(attributes);
  spans_.push_back(std::move(span));
}

void RequestTrace::AddFailedStage(std::string_view name, TimePoint start, TimePoint end, std::string message) {
  if (!sampled()) return;
  AddStage(name, start, end);
  spans_.back().failed = true;
  spans_.back().message = std::move(message);
}

std::vector<Span> RequestTrace::Finish(std::string_view name, TimePoint start, Ending ending) {
  if (!sampled()) return {};
  Span span = MakeSpan(name, start, ending.time);
  span.id = context_.span;
  span.parent = caller_;
  span.parent_is_remote = !caller_.IsZero();
  span.kind = SpanKind::kServer;
  span.attributes = std::move(ending.attributes);
  span.failed = ending.failed;
  span.message = std::move(ending.message);
  spans_.push_back(std::move(span));
  return std::exchange(spans_, {});
}

}  // namespace doclayout::tracing
