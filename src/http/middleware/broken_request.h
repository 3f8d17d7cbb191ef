#pragma once

#include "http/middleware.h"

namespace doclayout::http {

/// Answers what did not become a request: broken HTTP, a header that is too large or too slow, one connection too many.
/// The connection cannot be used further, since nobody knows where a next request would begin.
class BrokenRequestMiddleware final : public Middleware {
 public:
  std::optional<Problem> OnRequest(Exchange& exchange) override {
    if (exchange.broken) exchange.broken->close = true;
    return exchange.broken;
  }
};

}  // namespace doclayout::http
