#include "http/clients/rate_limiter.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace doclayout::http {
namespace {

/// More than come with one call, so that they do not pile up; few, so that no call takes long.
constexpr int kForgottenAtOnce = 4;

}  // namespace

std::optional<Duration> RateLimiter::Take(std::string_view client, const Rate& rate, TimePoint now) {
  ForgetSomeFull(now);
  // The time in which one token comes back, and all of them. Of the same rounded number: a burst of n holds n, not n
  // - 1.
  const auto token = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate.per_second));
  const Duration all(std::llround(static_cast<double>(token.count()) * rate.burst));
  Duration missing{0};
  if (const auto found = full_at_.find(client); found != full_at_.end()) {
    // No more than all, also where the client's rate was another one before.
    missing = std::clamp(found->second - now, Duration(0), all);
  }
  if (missing + token > all) return missing + token - all;
  SetFullAt(client, now + missing + token, now);
  return std::nullopt;
}

void RateLimiter::ForgetSomeFull(TimePoint now) {
  for (int i = 0; i < kForgottenAtOnce && !by_time_.empty() && by_time_.begin()->first <= now; ++i) ForgetNextFull();
}

void RateLimiter::ForgetNextFull() {
  const auto next = by_time_.begin();
  const auto entry = full_at_.find(next->second);
  by_time_.erase(next);
  full_at_.erase(entry);
}

void RateLimiter::SetFullAt(std::string_view client, TimePoint full_at, TimePoint now) {
  auto found = full_at_.find(client);
  if (found != full_at_.end()) {
    by_time_.erase({found->second, found->first});
    found->second = full_at;
  } else {
    if (full_at_.size() >= most_clients_) {
      if (by_time_.begin()->first > now) ++forgotten_early_;
      ForgetNextFull();
    }
    found = full_at_.emplace(client, full_at).first;
  }
  by_time_.insert({full_at, found->first});
}

}  // namespace doclayout::http
