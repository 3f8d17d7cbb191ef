#pragma once

#include <chrono>
#include <optional>
#include <string>

/// Whether and when a request is sent again, as OTLP asks for
/// (https://opentelemetry.io/docs/specs/otlp/#failures-1). Pure functions, thread-safe.
namespace doclayout::tracing {

/// How a request went. A plain value.
struct Answer {
  int status = 0;  ///< of HTTP; 0: none came
  std::string body;
  std::optional<std::chrono::seconds> retry_after;
  std::string fault;      ///< why none came
  bool may_pass = false;  ///< none came, and another try may do

  bool good() const { return status >= 200 && status < 300; }
};

struct RetryOptions {
  int attempts = 5;                                ///< of one batch
  std::chrono::milliseconds backoff{1'000};        ///< before the second attempt; twice as long before each further one
  std::chrono::milliseconds longest_wait{30'000};  ///< between attempts, whatever a server's Retry-After says
};

/// How long to wait before the next attempt when `attempt` of them, from 1 on, have failed; nothing when none is worth
/// it. `random`, 0 to 1, spreads the waits over their upper half: services that lost a collector together do not come
/// back together.
std::optional<std::chrono::milliseconds> WaitBeforeRetry(const Answer& answer, int attempt, double random,
                                                         const RetryOptions& options);

}  // namespace doclayout::tracing
