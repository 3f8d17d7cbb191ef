#include "http/middleware/rate_limit.h"

#include <fmt/format.h>

#include <chrono>

#include "http/router.h"

namespace doclayout::http {
namespace {

Problem RateLimited(const Exchange& exchange, const Rate& rate, Duration wait) {
  const auto seconds = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count());
  Problem problem(kRateLimited,
                  fmt::format("the client '{}' may send {} requests a second, and {} at once; try again in {} s",
                              exchange.client, rate.per_second, rate.burst, seconds),
                  Rejection::kRateLimited);
  problem.retry_after_seconds = seconds;
  return problem;
}

}  // namespace

RateLimitMiddleware::RateLimitMiddleware(const ClientPolicy& policy, metrics::Registry& registry, const Clock& clock)
    : rate_(policy.rate),
      clock_(clock),
      clients_(registry.AddGauge("pp_doclayout_rate_limit_clients", "Clients that have used some of their rate")),
      forgotten_(registry.AddCounter("pp_doclayout_rate_limit_clients_forgotten_total",
                                     "Clients that were forgotten too early, because there were too many")),
      limiter_(policy.most_counted_clients) {}

std::optional<Problem> RateLimitMiddleware::OnRequest(Exchange& exchange) {
  const Rate rate = exchange.own_rate.value_or(rate_);
  if (!rate.limited() || exchange.route->IsProbe(exchange.head.method)) return std::nullopt;
  const std::optional<Duration> wait = limiter_.Take(exchange.client, rate, clock_.Now());
  clients_.Set(static_cast<double>(limiter_.clients()));
  forgotten_.Increment(limiter_.forgotten_early() - forgotten_.Value());
  if (!wait) return std::nullopt;
  return RateLimited(exchange, rate, *wait);
}

}  // namespace doclayout::http
