#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace doclayout::http {

/// What a caller may cost. Each has an error and a metric of its own (docs/api.md). Plain values.
struct Limits {
  std::uint64_t max_body_bytes = 50ULL * 1024 * 1024;
  std::uint64_t max_body_bytes_in_flight = 512ULL * 1024 * 1024;  ///< of all requests together, until decoded
  std::size_t max_header_bytes = 16UL * 1024;                     ///< request line and header lines together
  std::size_t max_connections = 1024;                             ///< open at once; see `spare_connections`
  std::chrono::milliseconds header_timeout{10'000};               ///< from a request's first byte to its empty line
  std::chrono::milliseconds body_timeout{60'000};                 ///< from there to the body's last byte
  std::chrono::milliseconds write_timeout{30'000};                ///< for the whole answer
  std::chrono::milliseconds keep_alive_timeout{75'000};           ///< without a request

  /// Beyond `max_connections` a new caller takes the place of the connection that has been idle for the longest. When
  /// none is, there are a few spare places, on which probes are answered and everybody else gets a 503: a service with
  /// too many callers is alive, and must not be restarted for it. Beyond those a socket is closed without a word.
  std::size_t spare_connections = 128;
  std::chrono::milliseconds spare_timeout{2'000};  ///< from connecting, or the first byte, to the empty line
  std::chrono::milliseconds least_idle{1'000};     ///< before an idle connection has to make room

  /// An answer may come before the body was read. What is left of a page is then read past, so that the connection can
  /// stay: when most are refused, opening the next one would be the larger part of their cost. Of more than that so
  /// much and so long is thrown away that the caller sees the answer and not a reset connection.
  std::uint64_t small_rest_bytes = 1024UL * 1024;
  std::uint64_t linger_bytes = 64ULL * 1024 * 1024;
  std::chrono::milliseconds linger_timeout{5'000};
};

}  // namespace doclayout::http
