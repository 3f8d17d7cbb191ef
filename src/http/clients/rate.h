#pragma once

#include <algorithm>

namespace doclayout::http {

/// How many requests a client may send. A plain value.
struct Rate {
  // Outside of these the times would not fit into a Duration.
  static constexpr double kLeastPerSecond = 0.001;
  static constexpr double kMost = 1'000'000;

  double per_second = 0;  ///< 0: as many as it likes; else from `kLeastPerSecond` to `kMost`
  double burst = 1;       ///< at once, after a pause that was long enough; from 1 to `kMost`

  bool limited() const { return per_second > 0; }

  friend bool operator==(const Rate&, const Rate&) = default;
};

/// A rate whose burst nobody chose: what comes in one second may come at once, and one request always.
inline Rate RateOf(double per_second) {
  return {.per_second = per_second, .burst = std::max(1.0, per_second)};
}

}  // namespace doclayout::http
