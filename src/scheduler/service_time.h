#pragma once

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace doclayout::scheduler {

/// How long something takes: exponentially weighted mean and deviation. Plain value, not thread-safe.
class ServiceTime {
 public:
  /// `guess` is what is said until something has been measured.
  explicit ServiceTime(Duration guess) : mean_(Seconds(guess)) {}

  void Observe(Duration time) {
    // One page for which the machine stood still must not keep the next twenty away. A lasting change arrives a little
    // later.
    const double seconds = count_ == 0 ? Seconds(time) : std::min(Seconds(time), kMost * mean_);
    const double difference = seconds - mean_;
    // The first observations weigh as in a plain average: the guess and the first pages do not stay for long.
    const double weight = std::max(kNewest, 1.0 / ++count_);
    mean_ += weight * difference;
    variance_ = (1 - weight) * (variance_ + weight * difference * difference);
  }

  /// Seconds.
  double mean() const { return mean_; }

  /// Seconds that `count` of them take one after another, and so many deviations of that sum more: of the times, each
  /// for itself, and of the machine's pace, which is the same for all of them.
  double Total(double count, double deviations) const {
    const double total = count * mean_;
    const double pace = kPaceDeviation * total;
    return total + deviations * std::sqrt(count * variance_ + pace * pace);
  }

  /// Seconds that one takes at the least, so many deviations under the mean; 0 until one has been measured.
  double Least(double deviations) const { return count_ == 0 ? 0 : std::max(0.0, Total(1, -deviations)); }

 private:
  /// Weight of the newest: a change of load shows after some twenty pages.
  static constexpr double kNewest = 0.05;

  /// Times the mean that an observation counts for at most.
  static constexpr double kMost = 8;

  /// Of processors that others use too; within seconds they change by more.
  static constexpr double kPaceDeviation = 0.05;

  static double Seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

  double mean_;
  double variance_ = 0;
  int count_ = 0;
};

}  // namespace doclayout::scheduler
