#pragma once

#include "http/middleware.h"

namespace doclayout::http {

/// Gives the request an id and tells it in `X-Request-ID`: the caller's own if it sent one of 1 to 128 visible ASCII
/// characters, else a new UUID of version 7.
class RequestIdMiddleware final : public Middleware {
 public:
  std::optional<Problem> OnRequest(Exchange& exchange) override;
  void OnResponse(const Exchange& exchange, Response& response) override;
};

}  // namespace doclayout::http
