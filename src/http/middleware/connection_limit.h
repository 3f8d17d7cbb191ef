#pragma once

#include "http/middleware.h"
#include "http/router.h"

namespace doclayout::http {

/// On a connection beyond the limit refuses all but probes: what is measured and watched is answered at any load.
class ConnectionLimitMiddleware final : public Middleware {
 public:
  std::optional<Problem> OnRequest(Exchange& exchange) override {
    if (!exchange.spare_connection || exchange.route->IsProbe(exchange.head.method)) return std::nullopt;
    return Overloaded("there are as many connections as are allowed, and all are in use; try again in a moment",
                      Rejection::kTooManyConnections, 1);
  }
};

}  // namespace doclayout::http
