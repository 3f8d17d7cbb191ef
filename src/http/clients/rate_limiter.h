#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "http/clients/rate.h"

namespace doclayout::http {

/// A token bucket for each client: a request takes a token, and tokens come back at the client's rate up to its burst.
///
/// Not thread-safe; never blocks; time comes from the caller, and does not go back. Remembers a client until its bucket
/// is full again, and a bounded number of them: beyond, the one whose bucket is the next to be full is forgotten, who
/// gains the least by it.
class RateLimiter {
 public:
  /// About 200 bytes each. `most_clients` is at least 1.
  explicit RateLimiter(std::size_t most_clients) : most_clients_(most_clients) {}

  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  /// Takes a token: nullopt. Where there is none: the time until there is one, above 0, and nothing is taken. The rate
  /// must be a limited one; it may change from call to call, and then holds for what is missing already.
  std::optional<Duration> Take(std::string_view client, const Rate& rate, TimePoint now);

  std::size_t clients() const { return full_at_.size(); }             ///< that are remembered
  std::uint64_t forgotten_early() const { return forgotten_early_; }  ///< before their bucket was full

 private:
  void ForgetSomeFull(TimePoint now);
  void ForgetNextFull();
  void SetFullAt(std::string_view client, TimePoint full_at, TimePoint now);

  const std::size_t most_clients_;
  // When a bucket is full again says all of it: what is missing comes back at a known rate (GCRA, as in ATM's traffic
  // management; https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).
  std::map<std::string, TimePoint, std::less<>> full_at_;
  std::set<std::pair<TimePoint, std::string_view>> by_time_;  // views of the map's keys, which do not move
  std::uint64_t forgotten_early_ = 0;
};

}  // namespace doclayout::http
