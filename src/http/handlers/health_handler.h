#pragma once

#include <functional>
#include <utility>

#include "health/health.h"
#include "http/handler.h"

namespace doclayout::http {

/// A health report as JSON: 200, or 503 with Retry-After when it is unhealthy. Thread-safe.
Response HealthResponse(const health::Report& report);

/// Answers a report that is there at once.
///
/// Runs on the I/O thread, which no inference holds up: it answers in milliseconds while the model saturates every
/// core.
class HealthHandler final : public Handler {
 public:
  /// `report` must not block.
  explicit HealthHandler(std::function<health::Report()> report) : report_(std::move(report)) {}

  Outcome Begin(const Exchange& exchange) override;

 private:
  const std::function<health::Report()> report_;
};

}  // namespace doclayout::http
