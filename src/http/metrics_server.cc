#include "http/metrics_server.h"

#include <utility>
#include <vector>

#include "http/clients/address.h"
#include "http/connection.h"
#include "http/connection_set.h"
#include "http/door.h"
#include "http/event_loop.h"
#include "http/handlers/health_handler.h"
#include "http/handlers/metrics_handler.h"
#include "http/listener.h"
#include "http/middleware/access_log.h"
#include "http/middleware/body_limit.h"
#include "http/middleware/broken_request.h"
#include "http/middleware/client.h"
#include "http/middleware/connection_header.h"
#include "http/middleware/connection_limit.h"
#include "http/middleware/expectation.h"
#include "http/middleware/request_id.h"
#include "http/middleware/routing.h"
#include "http/router.h"

namespace doclayout::http {
namespace {

std::vector<Route> MakeRoutes(Handler& metrics, Handler& health) {
  const auto probe = [](std::string_view path, Handler& handler) {
    return Route{.path = path, .methods = {"GET", "HEAD"}, .handler = &handler, .probe = true, .statuses = {}};
  };
  return {probe("/metrics", metrics), probe("/health", health), probe("/livez", health)};
}

/// The order is that of middleware_list.cc, where the reasons are; without what callers of a service need.
std::vector<std::unique_ptr<Middleware>> MakeMiddlewares(const Limits& limits, const Networks& trusted_proxies,
                                                         const Router& router, Logger& logger, const Clock& clock) {
  std::vector<std::unique_ptr<Middleware>> list;
  const auto add = [&](auto middleware) { list.push_back(std::move(middleware)); };
  add(std::make_unique<RequestIdMiddleware>());
  add(std::make_unique<AccessLogMiddleware>(logger, clock));
  add(std::make_unique<ConnectionHeaderMiddleware>());
  add(std::make_unique<ClientMiddleware>(trusted_proxies));
  add(std::make_unique<BrokenRequestMiddleware>());
  add(std::make_unique<RoutingMiddleware>(router));
  add(std::make_unique<ConnectionLimitMiddleware>());
  add(std::make_unique<ExpectationMiddleware>());
  add(std::make_unique<BodyLimitMiddleware>(limits));
  return list;
}

ConnectionSet::Metrics AddConnectionMetrics(metrics::Registry& registry) {
  const auto add_end = [&registry](std::string reason) -> metrics::Counter& {
    return registry.AddCounter("http_connections_closed_idle_total",
                               "Connections that were closed while they waited for a request",
                               {{"reason", std::move(reason)}});
  };
  return {registry.AddGauge("http_connections_open", "Connections that are open"), add_end("idle_timeout"),
          add_end("made_room")};
}

class TcpMetricsServer final : public MetricsServer {
 public:
  TcpMetricsServer(const Options& options, Dependencies dependencies, std::unique_ptr<EventLoop> loop,
                   std::shared_ptr<Listener> listener)
      : limits_(options.limits),
        metrics_(dependencies.registry),
        health_(std::move(dependencies.health)),
        router_(MakeRoutes(metrics_, health_)),
        chain_(MakeMiddlewares(limits_, trusted_proxies_, router_, dependencies.logger, dependencies.clock)),
        bodies_(std::make_shared<BodyBudget>(limits_.max_body_bytes_in_flight)),
        connections_(AddConnectionMetrics(dependencies.registry)),
        loop_(std::move(loop)),
        port_(listener->port()),
        context_{
            *loop_,     limits_, chain_, readiness_, connections_, bodies_, dependencies.logger, dependencies.clock,
            Duration(0)},
        door_(context_, std::move(listener), nullptr) {
    readiness_.SetModelLoaded();  // it is never drained
    door_.Open();
  }

  ~TcpMetricsServer() override {
    door_.Shut();
    loop_.reset();
  }

  int port() const override { return port_; }

 private:
  // In the order of use. All but the port belong to the I/O thread once it runs.
  const Limits limits_;
  const Networks trusted_proxies_;
  MetricsHandler metrics_;
  HealthHandler health_;
  const Router router_;
  const MiddlewareChain chain_;
  health::Readiness readiness_;
  const std::shared_ptr<BodyBudget> bodies_;
  ConnectionSet connections_;
  std::unique_ptr<EventLoop> loop_;
  const int port_;
  const ConnectionContext context_;
  Door door_;
};

}  // namespace

Limits MetricsServer::SmallLimits() {
  Limits limits;
  limits.max_body_bytes = 0;
  limits.max_body_bytes_in_flight = 0;
  limits.max_connections = 32;
  limits.spare_connections = 8;
  return limits;
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::Listen(const Options& options, Dependencies dependencies) {
  auto loop = std::make_unique<EventLoop>(dependencies.logger);
  Result<std::shared_ptr<Listener>> listener =
      Listener::Open({.host = options.host, .port = options.port}, *loop, dependencies.logger);
  if (!listener) return Fail(std::move(listener.error()));
  return std::make_unique<TcpMetricsServer>(options, std::move(dependencies), std::move(loop), std::move(*listener));
}

}  // namespace doclayout::http
