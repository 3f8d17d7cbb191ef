#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "bench/histogram.h"
#include "bench/outcome.h"

namespace doclayout::bench {

/// What happened in one interval of a run.
struct Moment {
  double start_s = 0;   ///< since the run began
  double length_s = 0;  ///< what the counts have to be divided by
  int step = 0;         ///< from 0
  std::uint64_t due = 0;
  std::uint64_t ok = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;                   ///< all other outcomes
  std::optional<double> p50_s, p95_s, p99_s;  ///< of the good answers that came in it; nothing without any
  int in_flight = 0;                          ///< requests without an answer, at its end
  std::optional<double> slots_busy, queued;   ///< as the service tells, at its end
};

/// A run second by second. Bounded: what is longer than two hours is kept in intervals of 2, 4, 8 … seconds. Where
/// intervals become one, the longest of their percentiles stays. Not thread-safe.
class Timeline {
 public:
  explicit Timeline(TimePoint start) : start_(start) { open_.length_s = 1; }

  void CountDue() { ++open_.due; }
  /// `latency` counts for good answers only.
  void CountOutcome(Outcome outcome, Duration latency);
  void SetService(std::optional<double> slots_busy, std::optional<double> queued);

  /// Closes the intervals that ended before `now`. To be called at least about once a second, and before anything of
  /// the present interval is counted; `step` is that of what follows.
  void AdvanceTo(TimePoint now, int in_flight, int step);

  /// Closes the last interval where it is.
  void Finish(TimePoint now, int in_flight);

  const std::vector<Moment>& moments() const { return moments_; }

 private:
  void Close(double end_s, int in_flight);

  const TimePoint start_;
  double interval_s_ = 1;
  Moment open_;
  Histogram latency_;  ///< of the open interval
  std::vector<Moment> moments_;
};

/// The same with at most so many moments: neighbours of one step become one.
std::vector<Moment> Thinned(std::vector<Moment> moments, std::size_t most);

}  // namespace doclayout::bench
