#include "http/routes.h"

namespace doclayout::http {

std::vector<Route> MakeRoutes(const Handlers& handlers) {
  const std::vector<std::string_view> read = {"GET", "HEAD"};
  return {
      {"/analyze", {"POST"}, &handlers.analyze}, {"/health", read, &handlers.liveness},
      {"/livez", read, &handlers.liveness},      {"/ready", read, &handlers.readiness},
      {"/readyz", read, &handlers.readiness},    {"/startupz", read, &handlers.readiness},
      {"/metrics", read, &handlers.metrics},     {"/version", read, &handlers.version},
  };
}

}  // namespace doclayout::http
