#include "http/middleware/request_metrics.h"

#include "http/router.h"

namespace doclayout::http {

void RequestMetricsMiddleware::OnDone(const Exchange& exchange, const Response& response) {
  const std::string_view route = exchange.route != nullptr ? exchange.route->path : "other";
  metrics_.CountRequest(exchange.head.method, route, response.status);
  // What has no spans is no example: nobody would find its trace.
  const bool recorded = exchange.route != nullptr && !exchange.route->probe;
  metrics_.RequestDuration(route).Observe(Milliseconds(clock_.Now() - exchange.started) / 1e3,
                                          recorded ? exchange.exemplar : metrics::Exemplar{});
  if (exchange.cancelled) metrics_.cancelled.Increment();
  if (!response.error_code.empty()) metrics_.CountError(response.error_code);
  if (response.rejection) metrics_.CountRejection(*response.rejection);
}

}  // namespace doclayout::http
