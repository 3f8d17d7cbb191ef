#pragma once

#include "http/handler.h"
#include "metrics/registry.h"

namespace doclayout::http {

/// The format that an Accept header asks for: OpenMetrics where it is liked at least as well as plain text.
/// Thread-safe.
metrics::Registry::Format NegotiateMetricsFormat(std::string_view accept);

/// Answers every metric of the process as text. On the I/O thread; the registry must outlive it.
class MetricsHandler final : public Handler {
 public:
  explicit MetricsHandler(const metrics::Registry& registry) : registry_(registry) {}

  Outcome Begin(const Exchange& exchange) override;

 private:
  const metrics::Registry& registry_;
};

}  // namespace doclayout::http
