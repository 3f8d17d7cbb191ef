#include "http/routes.h"

namespace doclayout::http {

std::vector<Route> MakeRoutes(const Handlers& handlers) {
  const std::vector<std::string_view> read = {"GET", "HEAD"};
  const auto probe = [&read](std::string_view path, Handler& handler, std::vector<int> statuses) {
    return Route{path, read, &handler, true, false, std::move(statuses)};
  };
  std::vector<Route> routes = {
      {"/analyze",
       {"POST"},
       &handlers.analyze,
       false,
       false,
       {200, 400, 401, 403, 408, 413, 415, 417, 422, 429, 499, 500, 503, 504}},
      probe("/health", handlers.liveness, {200, 401, 503}),
      probe("/livez", handlers.liveness, {200, 401, 503}),
      probe("/ready", handlers.readiness, {200, 401, 503}),
      probe("/readyz", handlers.readiness, {200, 401, 503}),
      probe("/startupz", handlers.startup, {200, 401, 503}),
      probe("/v2/health/live", handlers.liveness, {200, 401, 503}),
      probe("/v2/health/ready", handlers.readiness, {200, 401, 503}),
      probe("/metrics", handlers.metrics, {200, 401}),
      {"/version", read, &handlers.version, false, false, {200, 400, 401, 429}},
  };
  if (handlers.deep_health != nullptr) {
    routes.push_back({"/deep-health",
                      {"GET", "HEAD", "POST"},
                      handlers.deep_health,
                      true,
                      false,
                      {200, 400, 401, 408, 413, 415, 417, 422, 429, 499, 503}});
  }
  if (handlers.reload != nullptr) {
    routes.push_back(
        {"/admin/reload", {"POST"}, handlers.reload, false, true, {200, 400, 401, 403, 422, 429, 499, 500, 503}});
  }
  return routes;
}

}  // namespace doclayout::http
