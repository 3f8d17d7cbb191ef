#pragma once

#include "http/middleware.h"
#include "http/router.h"

namespace doclayout::http {

/// Finds the route, or answers 404 or 405. Behind it `exchange.route` is set. The router must outlive it.
class RoutingMiddleware final : public Middleware {
 public:
  explicit RoutingMiddleware(const Router& router) : router_(router) {}

  std::optional<Problem> OnRequest(Exchange& exchange) override { return router_.Find(exchange); }

 private:
  const Router& router_;
};

}  // namespace doclayout::http
