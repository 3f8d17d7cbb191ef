#include "postprocess/reading_order.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

namespace doclayout::postprocess {
namespace {

/// Detections may overlap the gap beside them by this share of their size on each side.
constexpr float kShrink = 0.06F;
/// … but never by more than this many times the boxes' median height, so that wide boxes keep their width.
constexpr float kShrinkLimit = 0.25F;
/// More boxes than this that no cut separates are sorted without looking for the one that blocks.
constexpr std::size_t kTangleLimit = 40;

using Indices = std::vector<std::size_t>;

struct Interval {
  float low;
  float high;
};

/// The union of intervals, as few of them as possible, rising.
std::vector<Interval> Merge(std::vector<Interval> intervals) {
  std::ranges::sort(intervals, {}, &Interval::low);
  std::vector<Interval> merged;
  for (const Interval& interval : intervals) {
    if (merged.empty() || interval.low >= merged.back().high) {
      merged.push_back(interval);
    } else {
      merged.back().high = std::max(merged.back().high, interval.high);
    }
  }
  return merged;
}

/// Parts of `boxes` that white space along one axis separates, in rising order.
template <typename IntervalOf>
std::vector<Indices> SplitAtGaps(const Indices& indices, IntervalOf interval_of) {
  Indices sorted = indices;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](std::size_t a, std::size_t b) { return interval_of(a).low < interval_of(b).low; });
  std::vector<Indices> parts;
  float reach = -std::numeric_limits<float>::infinity();
  for (std::size_t index : sorted) {
    const Interval interval = interval_of(index);
    if (parts.empty() || interval.low >= reach) parts.emplace_back();
    parts.back().push_back(index);
    reach = std::max(reach, interval.high);
  }
  return parts;
}

class XyCut {
 public:
  explicit XyCut(std::vector<Box> boxes) : boxes_(std::move(boxes)) {}

  void Order(const Indices& indices, Indices& order) const {
    if (indices.size() <= 1) {
      order.insert(order.end(), indices.begin(), indices.end());
      return;
    }
    const std::vector<Indices> groups = GroupRows(Rows(indices));
    for (const Indices& group : groups) {
      if (group.size() == 1) {
        order.push_back(group.front());
        continue;
      }
      const std::vector<Indices> columns = Columns(group);
      if (columns.size() > 1) {
        for (const Indices& column : columns) Order(column, order);
      } else if (groups.size() > 1) {
        Order(group, order);
      } else {
        OrderAroundBlocker(group, order);
      }
    }
  }

  /// Running heads and feet: line by line, each from the left.
  void OrderByLines(const Indices& indices, Indices& order) const {
    for (Indices& line : Rows(indices)) {
      std::ranges::stable_sort(line, {}, [&](std::size_t i) { return boxes_[i].x1; });
      order.insert(order.end(), line.begin(), line.end());
    }
  }

 private:
  std::vector<Indices> Rows(const Indices& indices) const {
    return SplitAtGaps(indices, [&](std::size_t i) { return Interval{boxes_[i].y1, boxes_[i].y2}; });
  }
  std::vector<Indices> Columns(const Indices& indices) const {
    return SplitAtGaps(indices, [&](std::size_t i) { return Interval{boxes_[i].x1, boxes_[i].x2}; });
  }

  /// Joins a row to the columns above it when each of its parts continues one of them and a gap is left.
  std::vector<Indices> GroupRows(std::vector<Indices> rows) const {
    std::vector<Indices> groups;
    std::vector<Interval> columns;  // Of the last group: what it occupies along x.
    for (Indices& row : rows) {
      std::vector<Interval> parts = Occupied(row);
      if (ContinuesColumns(parts, columns)) {
        groups.back().insert(groups.back().end(), row.begin(), row.end());
        columns.insert(columns.end(), parts.begin(), parts.end());
        columns = Merge(std::move(columns));
      } else {
        groups.push_back(std::move(row));
        columns = std::move(parts);
      }
    }
    return groups;
  }

  /// A part that lies in a gap (a title between a logo and an address) or bridges all of them is something new.
  static bool ContinuesColumns(const std::vector<Interval>& parts, const std::vector<Interval>& columns) {
    if (columns.size() < 2) return false;
    const bool each_in_a_column = std::ranges::all_of(parts, [&](const Interval& part) {
      return std::ranges::any_of(
          columns, [&](const Interval& column) { return part.low < column.high && column.low < part.high; });
    });
    std::vector<Interval> together = columns;
    together.insert(together.end(), parts.begin(), parts.end());
    return each_in_a_column && Merge(std::move(together)).size() > 1;
  }

  std::vector<Interval> Occupied(const Indices& indices) const {
    std::vector<Interval> intervals;
    intervals.reserve(indices.size());
    for (std::size_t i : indices) intervals.push_back({boxes_[i].x1, boxes_[i].x2});
    return Merge(std::move(intervals));
  }

  /// Boxes tangle. A few: sets the one aside whose removal opens most parts, cuts the others, and puts it back by
  /// height. Many (nothing that a person reads, but what a threshold of 0 gives): by height, since the search takes
  /// cubic time.
  void OrderAroundBlocker(Indices group, Indices& order) const {
    if (group.size() > kTangleLimit) {
      std::ranges::sort(group, [&](std::size_t a, std::size_t b) { return TopLeft(a) < TopLeft(b); });
      order.insert(order.end(), group.begin(), group.end());
      return;
    }
    const std::size_t blocker = FindBlocker(group);
    Indices rest;
    std::copy_if(group.begin(), group.end(), std::back_inserter(rest), [&](std::size_t i) { return i != blocker; });
    Indices ordered;
    Order(rest, ordered);
    // Before the first box that begins below it and does not lie in a column beside it.
    const auto place = std::find_if(ordered.begin(), ordered.end(), [&](std::size_t i) {
      const bool beside = boxes_[i].x2 <= boxes_[blocker].x1 || boxes_[i].x1 >= boxes_[blocker].x2;
      return !beside && TopLeft(blocker) < TopLeft(i);
    });
    ordered.insert(place, blocker);
    order.insert(order.end(), ordered.begin(), ordered.end());
  }

  std::size_t FindBlocker(const Indices& group) const {
    std::size_t best = group.front();
    std::size_t most_parts = 0;
    float largest = -1;
    for (std::size_t candidate : group) {
      Indices rest;
      std::copy_if(group.begin(), group.end(), std::back_inserter(rest), [&](std::size_t i) { return i != candidate; });
      const std::size_t parts = std::max(Columns(rest).size(), Rows(rest).size());
      const float area = boxes_[candidate].area();
      if (std::tie(parts, area) > std::tie(most_parts, largest)) {
        best = candidate;
        most_parts = parts;
        largest = area;
      }
    }
    return best;
  }

  std::tuple<float, float, std::size_t> TopLeft(std::size_t i) const { return {boxes_[i].y1, boxes_[i].x1, i}; }

  const std::vector<Box> boxes_;
};

/// Boxes without the overlap that detections have where pages have gaps.
std::vector<Box> Shrink(std::span<const OrderedBox> boxes) {
  std::vector<float> heights;
  for (const OrderedBox& entry : boxes) heights.push_back(entry.box.height());
  const auto middle = heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2);
  std::nth_element(heights.begin(), middle, heights.end());
  const float limit = kShrinkLimit * *middle;

  std::vector<Box> shrunk;
  for (const OrderedBox& entry : boxes) {
    const float x = std::min(limit, kShrink * entry.box.width());
    const float y = std::min(limit, kShrink * entry.box.height());
    shrunk.push_back({entry.box.x1 + x, entry.box.y1 + y, entry.box.x2 - x, entry.box.y2 - y});
  }
  return shrunk;
}

}  // namespace

std::vector<std::size_t> XyCutOrder(std::span<const OrderedBox> boxes) {
  Indices order;
  if (boxes.empty()) return order;
  const XyCut cut(Shrink(boxes));
  for (Band band : {Band::kHead, Band::kBody, Band::kFoot}) {
    Indices members;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (boxes[i].band == band) members.push_back(i);
    }
    if (band == Band::kBody) {
      cut.Order(members, order);
    } else {
      cut.OrderByLines(members, order);
    }
  }
  return order;
}

}  // namespace doclayout::postprocess
