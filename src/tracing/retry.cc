#include "tracing/retry.h"

#include <algorithm>

namespace doclayout::tracing {
namespace {

using Milliseconds = std::chrono::milliseconds;

bool MayPass(const Answer& answer) {
  switch (answer.status) {
    case 0:
      return answer.may_pass;
    case 429:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<Milliseconds> WaitBeforeRetry(const Answer& answer, int attempt, double random,
                                            const RetryOptions& options) {
  if (!MayPass(answer) || attempt >= options.attempts) return std::nullopt;
  constexpr int kMostDoublings = 16;
  const Milliseconds backoff = options.backoff * (1LL << std::min(attempt - 1, kMostDoublings));
  const double share = 0.5 + 0.5 * random;
  const Milliseconds spread(static_cast<Milliseconds::rep>(static_cast<double>(backoff.count()) * share));
  // What a server asks for is a least time.
  const Milliseconds asked = answer.retry_after ? Milliseconds(*answer.retry_after) : Milliseconds(0);
  return std::min(std::max(spread, asked), options.longest_wait);
}

}  // namespace doclayout::tracing
