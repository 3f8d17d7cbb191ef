#include "http/middleware_list.h"

#include <utility>

#include "http/middleware/access_log.h"
#include "http/middleware/body_limit.h"
#include "http/middleware/broken_request.h"
#include "http/middleware/connection_header.h"
#include "http/middleware/connection_limit.h"
#include "http/middleware/expectation.h"
#include "http/middleware/request_id.h"
#include "http/middleware/request_metrics.h"
#include "http/middleware/routing.h"
#include "http/middleware/trace_context.h"

namespace doclayout::http {

std::vector<std::unique_ptr<Middleware>> MakeMiddlewares(const Limits& limits, const Router& router,
                                                         ServerMetrics& metrics, Logger& logger, const Clock& clock) {
  std::vector<std::unique_ptr<Middleware>> list;
  const auto add = [&](auto middleware) { list.push_back(std::move(middleware)); };
  // First, because every answer below, and every line of the log, carries the id.
  add(std::make_unique<RequestIdMiddleware>());
  add(std::make_unique<TraceContextMiddleware>());
  // Before all that may refuse: what is refused is logged and counted like what is answered.
  add(std::make_unique<AccessLogMiddleware>(logger, clock));
  add(std::make_unique<RequestMetricsMiddleware>(metrics, clock));
  // Sees every answer, refusals too: during a drain each tells its caller to leave.
  add(std::make_unique<ConnectionHeaderMiddleware>());
  // A request that is none ends here: what follows reads its head.
  add(std::make_unique<BrokenRequestMiddleware>());
  // Before the limits: their refusals then count for the route that they protect.
  add(std::make_unique<RoutingMiddleware>(router));
  // Behind the routes, which say what is a probe.
  add(std::make_unique<ConnectionLimitMiddleware>());
  // The cheapest of the last two first; neither needs the body.
  add(std::make_unique<ExpectationMiddleware>());
  add(std::make_unique<BodyLimitMiddleware>(limits));
  return list;
}

}  // namespace doclayout::http
