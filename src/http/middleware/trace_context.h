#pragma once

#include <optional>

#include "base/clock.h"
#include "http/middleware.h"
#include "tracing/span_exporter.h"

namespace doclayout::http {

/// Whether, and how many, requests are recorded. A plain value; the exporter must outlive its users.
struct TraceSetup {
  tracing::SpanExporter* exporter = nullptr;  ///< null: none are
  double ratio = 1;                           ///< share of the traces that begin here
};

/// Goes on with the caller's trace (`traceparent`, https://www.w3.org/TR/trace-context/), or begins one: its id goes
/// into the log, and the answer names it. One that is not valid is ignored, as the standard says. At the end the
/// request's spans go to the exporter; probes have none.
class TraceContextMiddleware final : public Middleware {
 public:
  TraceContextMiddleware(const TraceSetup& setup, const Clock& clock) : setup_(setup), clock_(clock) {}

  std::optional<Problem> OnRequest(Exchange& exchange) override;
  void OnResponse(const Exchange& exchange, Response& response) override;
  void OnDone(const Exchange& exchange, const Response& response) override;

 private:
  const TraceSetup setup_;
  const Clock& clock_;
};

}  // namespace doclayout::http
