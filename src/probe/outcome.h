#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "health/health.h"

namespace doclayout::probe {

/// What one call of deep health says of a service.
enum class Verdict {
  kHealthy,
  kWarning,
  kUnhealthy,
  kUnreachable,  ///< it could not be asked: no answer, none in time, or one that is no health report
  kDraining,     ///< it shuts down, as it was told to
  kStarting,     ///< it has no model yet
};

inline constexpr std::array kVerdicts = {Verdict::kHealthy,     Verdict::kWarning,  Verdict::kUnhealthy,
                                         Verdict::kUnreachable, Verdict::kDraining, Verdict::kStarting};

/// "healthy", "warning", "unhealthy", "unreachable", "draining" or "starting".
std::string_view VerdictName(Verdict verdict);

/// The service does its work: healthy or warning.
constexpr bool IsGood(Verdict verdict) {
  return verdict == Verdict::kHealthy || verdict == Verdict::kWarning;
}

/// It does not. Neither this nor that while it drains or starts.
constexpr bool IsFailure(Verdict verdict) {
  return verdict == Verdict::kUnhealthy || verdict == Verdict::kUnreachable;
}

/// How one call went. A plain value.
struct Outcome {
  Verdict verdict = Verdict::kUnreachable;
  std::string reason;                 ///< one sentence where the checks do not say why
  int http_status = 0;                ///< 0: there was no answer
  std::vector<health::Check> checks;  ///< of the service's report; bounded, with names fit for a metric's label
  Duration took{};
};

/// What fails, in the order of names: the unhealthy checks; "unreachable", or "deep_health" where no check says it.
/// Empty unless the outcome is a failure.
std::vector<std::string> Failing(const Outcome& outcome);

/// `{"status": …, "reason": …, "http_status": …, "ms": …, "checks": […]}` and a line's end; the checks as the service
/// writes them.
std::string ToJson(const Outcome& outcome);

}  // namespace doclayout::probe
