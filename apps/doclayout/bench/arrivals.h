#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"

namespace doclayout::bench {

/// When requests are due, since a step began. Not thread-safe; never blocks.
class Arrivals {
 public:
  virtual ~Arrivals() = default;

  /// The next request's moment, never before the one that was taken last; nullopt: none until an answer comes.
  virtual std::optional<Duration> Next() const = 0;

  /// Takes the next one. Only while there is one.
  virtual void Take() = 0;

  /// An answer came, and whoever waited for it may ask again at this moment.
  virtual void Release(Duration at) = 0;
};

/// Open loop, equal distances: so many requests a second, whatever comes of them.
std::unique_ptr<Arrivals> ConstantArrivals(double rate);

/// Open loop, as callers that know nothing of each other: a Poisson process. The same seed gives the same moments.
std::unique_ptr<Arrivals> PoissonArrivals(double rate, std::uint64_t seed);

/// Closed loop: so many callers, of whom each waits for its answer before it asks again.
std::unique_ptr<Arrivals> ClosedLoop(int callers);

}  // namespace doclayout::bench
