#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace doclayout::bench {

/// What came of a request. Every request that was due has exactly one.
enum class Outcome {
  kOk,                ///< 2xx
  kRefused,           ///< 429, or 503 with Retry-After: come again later
  kExpired,           ///< 504: accepted, and not done in time
  kClientError,       ///< another 4xx
  kServerError,       ///< another 5xx
  kOther,             ///< another status: a redirect, which is not followed
  kConnectionFailed,  ///< there was no connection to be had
  kReset,             ///< the connection ended before the whole answer was there
  kTimeout,           ///< no whole answer within the time that a caller waits
  kNotSent,           ///< due, and no connection was free for it until it was too late
  kUnfinished,        ///< on its way when the run was interrupted
};

inline constexpr std::size_t kOutcomes = 11;

/// All of them, in their order.
inline constexpr std::array<Outcome, kOutcomes> kAllOutcomes = {
    Outcome::kOk,          Outcome::kRefused, Outcome::kExpired,          Outcome::kClientError,
    Outcome::kServerError, Outcome::kOther,   Outcome::kConnectionFailed, Outcome::kReset,
    Outcome::kTimeout,     Outcome::kNotSent, Outcome::kUnfinished};

/// Whether the service said anything: a status came.
bool IsAnswered(Outcome outcome);

/// "connection_failed": stable, for programs.
std::string_view OutcomeName(Outcome outcome);

/// "connection failed": for people.
std::string_view OutcomeTitle(Outcome outcome);

/// Of an answer that came whole.
Outcome OutcomeOfStatus(long status, bool has_retry_after);

/// The sentence in an error's body: `detail` of problem+json, else the start of the body on one line. At most 300
/// bytes, whatever the body is; may hold anything that a stranger writes.
std::string DetailOf(std::string_view body);

}  // namespace doclayout::bench
