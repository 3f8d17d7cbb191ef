#pragma once

#include "base/clock.h"
#include "http/middleware.h"
#include "http/server_metrics.h"

namespace doclayout::http {

/// Counts requests, errors, refusals and callers who left, and measures how long requests take. Both must outlive it.
class RequestMetricsMiddleware final : public Middleware {
 public:
  RequestMetricsMiddleware(ServerMetrics& metrics, const Clock& clock) : metrics_(metrics), clock_(clock) {}

  void OnDone(const Exchange& exchange, const Response& response) override;

 private:
  ServerMetrics& metrics_;
  const Clock& clock_;
};

}  // namespace doclayout::http
