#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace doclayout::bench {

/// How often which time was seen, in a fixed 26 kB however many there are: buckets of equal width below 128 µs, and
/// 128 buckets for each doubling from there. What it answers is off by 0.4 % at most, and by 1 µs for the smallest.
/// Times over 71 minutes count as that.
///
/// A value: copied with all that it holds. Not thread-safe.
class Histogram {
 public:
  /// What is below zero counts as zero.
  void Record(Duration time);
  void Merge(const Histogram& other);
  void Clear();

  std::uint64_t count() const { return count_; }

  /// Seconds within which the share `q` (0 to 1) of all times lies, by nearest rank; 0 when there are none.
  double Quantile(double q) const;

  /// Seconds, exact; 0 when there are none.
  double Mean() const;
  double Least() const;
  double Most() const;

 private:
  std::vector<std::uint64_t> buckets_;  ///< empty until the first time
  std::uint64_t count_ = 0;
  std::uint64_t least_ = 0;  ///< microseconds, as the two below
  std::uint64_t most_ = 0;
  double sum_ = 0;
};

}  // namespace doclayout::bench
