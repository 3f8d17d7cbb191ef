#pragma once

#include "base/clock.h"
#include "http/clients/client_policy.h"
#include "http/clients/rate_limiter.h"
#include "http/middleware.h"
#include "metrics/registry.h"

namespace doclayout::http {

/// Refuses what a client sends faster than it may, with 429 `rate_limited` and the time to wait, before the body is
/// read. Probes are not counted. All must outlive it; one for each registry.
class RateLimitMiddleware final : public Middleware {
 public:
  RateLimitMiddleware(const ClientPolicy& policy, metrics::Registry& registry, const Clock& clock);

  std::optional<Problem> OnRequest(Exchange& exchange) override;

 private:
  const Rate rate_;
  const Clock& clock_;
  metrics::Gauge& clients_;
  metrics::Counter& forgotten_;
  RateLimiter limiter_;
};

}  // namespace doclayout::http
