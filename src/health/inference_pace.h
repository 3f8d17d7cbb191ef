#pragma once

#include <cstddef>
#include <deque>

#include "base/clock.h"
#include "health/health.h"

namespace doclayout::health {

/// Whether an inference took longer than it may, or than the same page lately did. Pure policy, not thread-safe.
class InferencePace {
 public:
  struct Options {
    Duration slow = std::chrono::seconds(5);
    double times_usual = 4;       ///< a processor that is shared takes twice as long now and then
    std::size_t least_known = 5;  ///< inferences before there is a usual
  };

  explicit InferencePace(Options options) : options_(options) {}

  /// `inference_speed` of this one, judged by those before it.
  Check Judge(Duration inference) const;

  /// Counts for what is usual from now on, unless it is judged slow: what has become slow stays slow however long it
  /// lasts, and whoever asks often.
  void Observe(Duration inference);

  void Reset() { known_.clear(); }

  /// The median of the last ones; 0 before there are enough.
  Duration usual() const;

 private:
  const Options options_;
  std::deque<Duration> known_;
};

}  // namespace doclayout::health
