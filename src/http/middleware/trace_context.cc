#include "http/middleware/trace_context.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "http/router.h"
#include "tracing/request_trace.h"
#include "tracing/trace_context.h"

namespace doclayout::http {
namespace {

/// https://opentelemetry.io/docs/specs/semconv/http/http-spans/
std::vector<tracing::Attribute> RequestAttributes(const Exchange& exchange, const Response& response) {
  std::vector<tracing::Attribute> attributes = {
      {"http.request.method", exchange.head.method},
      {"http.route", std::string(exchange.route->path)},
      {"http.response.status_code", std::int64_t{response.status}},
      {"http.request.size", static_cast<std::int64_t>(exchange.bytes_in)},
      {"http.response.size", static_cast<std::int64_t>(exchange.bytes_out)},
      {"doclayout.client", exchange.client},
      {"doclayout.request_id", exchange.request_id},
  };
  if (!response.error_code.empty()) attributes.push_back({"error.type", std::string(response.error_code)});
  if (response.timings) {
    attributes.push_back({"doclayout.pages", std::int64_t{response.timings->pages}});
    attributes.push_back({"doclayout.regions", std::int64_t{response.timings->regions}});
  }
  return attributes;
}

void AddStages(const std::vector<StageInTime>& stages, tracing::RequestTrace& trace) {
  for (const StageInTime& stage : stages) {
    std::vector<tracing::Attribute> attributes;
    if (stage.page >= 0) attributes.push_back({"doclayout.page", std::int64_t{stage.page}});
    if (stage.batch > 0) attributes.push_back({"doclayout.batch_size", std::int64_t{stage.batch}});
    trace.AddStage(stage.name, stage.begin, stage.end, std::move(attributes));
  }
}

void SetTrace(const tracing::TraceId& id, bool sampled, Exchange& exchange) {
  exchange.trace_id = tracing::Hex(id);
  if (sampled) exchange.exemplar.trace_id = id.bytes;
}

}  // namespace

std::optional<Problem> TraceContextMiddleware::OnRequest(Exchange& exchange) {
  const std::string_view given = exchange.head.Find("traceparent").value_or("");
  if (setup_.exporter != nullptr) {
    exchange.trace = std::make_shared<tracing::RequestTrace>(tracing::RequestTrace::Start(given, setup_.ratio, clock_));
    SetTrace(exchange.trace->trace_id(), exchange.trace->sampled(), exchange);
  } else if (const auto parent = tracing::ParseTraceparent(given)) {
    SetTrace(parent->trace, parent->sampled, exchange);
  }
  return std::nullopt;
}

void TraceContextMiddleware::OnResponse(const Exchange& exchange, Response& response) {
  if (exchange.trace_id.empty()) return;
  // Without spans of our own the caller's is still the last that is known.
  response.headers.push_back({"traceparent", exchange.trace ? exchange.trace->Traceparent()
                                                            : std::string(*exchange.head.Find("traceparent"))});
}

void TraceContextMiddleware::OnDone(const Exchange& exchange, const Response& response) {
  if (!exchange.trace || exchange.route == nullptr || exchange.route->IsProbe(exchange.head.method)) return;
  if (!exchange.trace->sampled()) return;
  if (response.timings) AddStages(response.timings->trace, *exchange.trace);
  const std::string name = exchange.head.method + " " + std::string(exchange.route->path);
  setup_.exporter->Export(exchange.trace->Finish(name, exchange.started,
                                                 {.time = clock_.Now(),
                                                  .attributes = RequestAttributes(exchange, response),
                                                  .failed = response.status >= 500,
                                                  .message = std::string(response.error_code)}));
}

}  // namespace doclayout::http
