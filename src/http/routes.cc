#include "http/routes.h"

namespace doclayout::http {

std::vector<Route> MakeRoutes(const Handlers& handlers) {
  const std::vector<std::string_view> read = {"GET", "HEAD"};
  return {
      {"/analyze", {"POST"}, &handlers.analyze},    {"/health", read, &handlers.liveness, true},
      {"/livez", read, &handlers.liveness, true},   {"/ready", read, &handlers.readiness, true},
      {"/readyz", read, &handlers.readiness, true}, {"/startupz", read, &handlers.readiness, true},
      {"/metrics", read, &handlers.metrics, true},  {"/version", read, &handlers.version},
  };
}

}  // namespace doclayout::http
