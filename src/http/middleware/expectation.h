#pragma once

#include "http/middleware.h"

namespace doclayout::http {

/// Whether the caller waits for "100 Continue" before it sends the body (RFC 9110, 10.1.1; unknown to HTTP/1.0).
bool ExpectsContinue(const RequestHead& head);

/// Refuses every other expectation.
class ExpectationMiddleware final : public Middleware {
 public:
  std::optional<Problem> OnRequest(Exchange& exchange) override;
};

}  // namespace doclayout::http
