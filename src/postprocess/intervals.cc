#include "postprocess/intervals.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace doclayout::postprocess {

DisjointIntervals::DisjointIntervals(std::vector<Interval> intervals) {
  std::ranges::sort(intervals, {}, &Interval::low);
  for (const Interval& interval : intervals) {
    if (intervals_.empty() || interval.low >= intervals_.back().high) {
      intervals_.push_back(interval);
    } else {
      intervals_.back().high = std::max(intervals_.back().high, interval.high);
    }
  }
}

std::vector<Interval>::const_iterator DisjointIntervals::FirstEndingBehind(float position) const {
  return std::ranges::upper_bound(intervals_, position, {}, &Interval::high);
}

bool DisjointIntervals::Overlap(const Interval& interval) const {
  const auto found = FirstEndingBehind(interval.low);
  return found != intervals_.end() && found->low < interval.high;
}

void DisjointIntervals::Extend(const Interval& interval) {
  const auto first = intervals_.begin() + (FirstEndingBehind(interval.low) - intervals_.cbegin());
  auto last = first;
  while (last != intervals_.end() && last->low < interval.high) ++last;
  if (first == last) return;
  first->low = std::min(first->low, interval.low);
  first->high = std::max((last - 1)->high, interval.high);
  intervals_.erase(first + 1, last);
}

std::vector<std::size_t> PartsWithoutEach(std::span<const Interval> intervals) {
  std::vector<std::size_t> sorted(intervals.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](std::size_t a, std::size_t b) { return intervals[a].low < intervals[b].low; });

  // A part begins where nothing before reaches. Where just one interval reaches, a part begins without that one.
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  float reach = kNothing;
  float reach_without_furthest = kNothing;
  std::size_t furthest = 0;
  std::size_t parts = 0;
  std::vector<std::size_t> opened(intervals.size(), 0);  // by leaving this one out
  std::vector<bool> begins_part(intervals.size(), false);
  for (std::size_t index : sorted) {
    const Interval& interval = intervals[index];
    if (interval.low >= reach) {
      ++parts;
      begins_part[index] = true;
    } else if (interval.low >= reach_without_furthest) {
      ++opened[furthest];
    }
    if (interval.high > reach) {
      reach_without_furthest = std::exchange(reach, interval.high);
      furthest = index;
    } else {
      reach_without_furthest = std::max(reach_without_furthest, interval.high);
    }
  }
  for (std::size_t i = 0; i < opened.size(); ++i) opened[i] += parts - (begins_part[i] ? 1 : 0);
  return opened;
}

}  // namespace doclayout::postprocess
