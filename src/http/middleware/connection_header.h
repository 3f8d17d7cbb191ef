#pragma once

#include "http/middleware.h"

namespace doclayout::http {

/// Decides whether the connection outlives the answer: not when the caller wants it closed, not when it is beyond the
/// limit, and during a drain only if another request follows already.
class ConnectionHeaderMiddleware final : public Middleware {
 public:
  void OnResponse(const Exchange& exchange, Response& response) override {
    response.close =
        response.close || exchange.spare_connection || exchange.last_of_connection || !exchange.head.keep_alive;
  }
};

}  // namespace doclayout::http
