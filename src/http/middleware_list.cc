#include "http/middleware_list.h"

#include <utility>

#include "http/middleware/access_log.h"
#include "http/middleware/api_key.h"
#include "http/middleware/body_limit.h"
#include "http/middleware/broken_request.h"
#include "http/middleware/client.h"
#include "http/middleware/connection_header.h"
#include "http/middleware/connection_limit.h"
#include "http/middleware/expectation.h"
#include "http/middleware/rate_limit.h"
#include "http/middleware/request_id.h"
#include "http/middleware/request_metrics.h"
#include "http/middleware/routing.h"
#include "http/middleware/trace_context.h"

namespace doclayout::http {

std::vector<std::unique_ptr<Middleware>> MakeMiddlewares(const MiddlewareContext& context) {
  std::vector<std::unique_ptr<Middleware>> list;
  const auto add = [&](auto middleware) { list.push_back(std::move(middleware)); };
  // First, because every answer below, and every line of the log, carries the id.
  add(std::make_unique<RequestIdMiddleware>());
  add(std::make_unique<TraceContextMiddleware>(context.trace, context.clock));
  // Before all that may refuse: what is refused is logged and counted like what is answered.
  add(std::make_unique<AccessLogMiddleware>(context.logger, context.clock));
  add(std::make_unique<RequestMetricsMiddleware>(context.metrics, context.clock));
  // Sees every answer, refusals too: during a drain each tells its caller to leave.
  add(std::make_unique<ConnectionHeaderMiddleware>());
  // Before a broken request ends: the log tells from where that came too.
  add(std::make_unique<ClientMiddleware>(context.clients.trusted_proxies));
  // A request that is none ends here: what follows reads its head.
  add(std::make_unique<BrokenRequestMiddleware>());
  // Before the limits: their refusals then count for the route that they protect.
  add(std::make_unique<RoutingMiddleware>(context.router));
  // Behind the routes, which say what is a probe.
  add(std::make_unique<ConnectionLimitMiddleware>());
  // Behind the routes too, for probes are open. Before all that looks at the request: that is for those who have a key.
  add(std::make_unique<ApiKeyMiddleware>(context.api_keys, context.clients.keys_for_probes));
  // Behind the keys, which say who it is and how much it may send. What is refused below has been counted: a client
  // that sends nothing but mistakes is to slow down as well.
  add(std::make_unique<RateLimitMiddleware>(context.clients, context.registry, context.clock));
  // The cheapest of the last two first; neither needs the body.
  add(std::make_unique<ExpectationMiddleware>());
  add(std::make_unique<BodyLimitMiddleware>(context.limits));
  return list;
}

}  // namespace doclayout::http
