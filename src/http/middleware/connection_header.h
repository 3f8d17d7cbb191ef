#pragma once

#include "http/middleware.h"

namespace doclayout::http {

/// Decides whether the connection outlives the answer: not when the caller wants it closed, and not during a drain.
class ConnectionHeaderMiddleware final : public Middleware {
 public:
  void OnResponse(const Exchange& exchange, Response& response) override {
    response.close = response.close || exchange.draining || !exchange.head.keep_alive;
  }
};

}  // namespace doclayout::http
