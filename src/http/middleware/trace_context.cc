#include "http/middleware/trace_context.h"

#include "tracing/trace_context.h"

namespace doclayout::http {

std::optional<std::string_view> TraceIdOf(std::string_view traceparent) {
  if (!tracing::ParseTraceparent(traceparent)) return std::nullopt;
  constexpr std::size_t kBegin = 3;  // behind the version and its dash
  constexpr std::size_t kLength = 32;
  return traceparent.substr(kBegin, kLength);
}

std::optional<Problem> TraceContextMiddleware::OnRequest(Exchange& exchange) {
  if (const auto traceparent = exchange.head.Find("traceparent"); traceparent) {
    exchange.trace_id = TraceIdOf(*traceparent).value_or("");
  }
  return std::nullopt;
}

}  // namespace doclayout::http
