#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace doclayout::postprocess {

/// What a box occupies along one axis. Intervals that only touch do not overlap: the white space between them may be of
/// no width.
struct Interval {
  float low;
  float high;
};

/// Rising intervals that do not overlap: what several boxes occupy along one axis. A plain value.
class DisjointIntervals {
 public:
  DisjointIntervals() = default;
  /// The union of any intervals. O(n log n).
  explicit DisjointIntervals(std::vector<Interval> intervals);

  std::span<const Interval> intervals() const { return intervals_; }

  /// Whether one of these overlaps `interval`. O(log n).
  bool Overlap(const Interval& interval) const;

  /// Adds an interval that one of these overlaps, and joins what it connects.
  void Extend(const Interval& interval);

 private:
  std::vector<Interval>::const_iterator FirstEndingBehind(float position) const;

  std::vector<Interval> intervals_;
};

/// For each interval, into how many parts white space splits the others. O(n log n) for all of them together.
/// Thread-safe.
std::vector<std::size_t> PartsWithoutEach(std::span<const Interval> intervals);

}  // namespace doclayout::postprocess
