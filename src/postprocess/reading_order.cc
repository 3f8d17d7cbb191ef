#include "postprocess/reading_order.h"

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "postprocess/containers.h"
#include "postprocess/intervals.h"

namespace doclayout::postprocess {
namespace {

/// Detections may overlap the gap beside them by this share of their size on each side.
constexpr float kShrink = 0.06F;
/// … but never by more than this many times the boxes' median height, so that wide boxes keep their width.
constexpr float kShrinkLimit = 0.25F;
/// Nested deeper than this nothing is that a person reads; what is left there is sorted by height, so that the time
/// stays bounded whatever the boxes are.
constexpr int kMostLevels = 64;
/// In a tangle of more boxes than this …
constexpr std::size_t kLargeTangle = 40;
/// … a box set aside without opening a gap counts as so many levels: a few in a row are tried, not dozens.
constexpr int kFruitlessLevels = 16;

/// A caption's distance to its table, against the one to the text above it.
constexpr float kNearer = 0.75F;

using Indices = std::vector<std::size_t>;

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

  /// Appends the indices to `order`. Each level takes O(n log n) for all its parts together.
  void Order(Indices indices, Indices& order, int level = 0) const {
    if (indices.size() <= 1 || level >= kMostLevels) {
      std::ranges::sort(indices, {}, [&](std::size_t i) { return TopLeft(i); });
      order.insert(order.end(), indices.begin(), indices.end());
      return;
    }
    std::vector<Indices> groups = GroupRows(Rows(indices));
    const bool one_group = groups.size() == 1;
    for (Indices& group : groups) {
      if (group.size() == 1) {
        order.push_back(group.front());
        continue;
      }
      std::vector<Indices> columns = Columns(group);
      if (columns.size() > 1) {
        for (Indices& column : columns) Order(std::move(column), order, level + 1);
      } else if (one_group) {
        OrderAroundBlocker(std::move(group), order, level);
      } else {
        Order(std::move(group), order, level + 1);
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
  Interval Across(std::size_t i) const { return {boxes_[i].x1, boxes_[i].x2}; }
  Interval Down(std::size_t i) const { return {boxes_[i].y1, boxes_[i].y2}; }

  std::vector<Indices> Rows(const Indices& indices) const {
    return SplitAtGaps(indices, [&](std::size_t i) { return Down(i); });
  }
  std::vector<Indices> Columns(const Indices& indices) const {
    return SplitAtGaps(indices, [&](std::size_t i) { return Across(i); });
  }

  /// Joins a row to the columns above it when each of its parts continues one of them and a gap is left.
  std::vector<Indices> GroupRows(std::vector<Indices> rows) const {
    std::vector<Indices> groups;
    DisjointIntervals columns;  // Of the last group: what it occupies along x.
    std::size_t last_row = 0;   // Of the last group: boxes that came with its last row.
    for (Indices& row : rows) {
      DisjointIntervals parts = Occupied(row);
      const std::size_t row_size = row.size();
      const bool has_columns = columns.intervals().size() > 1;
      if (Continue(columns, parts)) {
        groups.back().insert(groups.back().end(), row.begin(), row.end());
      } else {
        if (has_columns && BelongsBelow(groups.back(), last_row, row)) {
          Indices& above = groups.back();
          Indices detached(above.end() - static_cast<std::ptrdiff_t>(last_row), above.end());
          above.resize(above.size() - last_row);
          groups.push_back(std::move(detached));
        }
        groups.push_back(std::move(row));
        columns = std::move(parts);
      }
      last_row = row_size;
    }
    return groups;
  }

  /// Whether the last `count` boxes of `group`, a row, go with `below`, which ends the columns: a caption or heading at
  /// the left of a wide table, nearer to it than to the text of its column.
  bool BelongsBelow(const Indices& group, std::size_t count, const Indices& below) const {
    const Indices row(group.end() - static_cast<std::ptrdiff_t>(count), group.end());
    const DisjointIntervals parts = Occupied(row);
    if (parts.intervals().size() != 1) return false;
    float top = std::numeric_limits<float>::infinity();
    float below_top = top;
    float bottom = -top;
    float column_end = -top;
    for (const std::size_t i : row) {
      top = std::min(top, boxes_[i].y1);
      bottom = std::max(bottom, boxes_[i].y2);
    }
    for (const std::size_t i : std::span(group).first(group.size() - count)) {
      if (parts.Overlap(Across(i))) column_end = std::max(column_end, boxes_[i].y2);
    }
    for (const std::size_t i : below) below_top = std::min(below_top, boxes_[i].y1);
    return below_top - bottom < kNearer * (top - column_end);
  }

  /// Adds `parts` to the columns that they continue; false where they do not, and then `columns` is of no further use.
  /// A part that lies in a gap (a title between a logo and an address) or bridges all of them is something new.
  static bool Continue(DisjointIntervals& columns, const DisjointIntervals& parts) {
    if (columns.intervals().size() < 2) return false;
    const auto in_a_column = [&](const Interval& part) { return columns.Overlap(part); };
    if (!std::ranges::all_of(parts.intervals(), in_a_column)) return false;
    for (const Interval& part : parts.intervals()) columns.Extend(part);
    return columns.intervals().size() > 1;
  }

  DisjointIntervals Occupied(const Indices& indices) const {
    std::vector<Interval> intervals;
    intervals.reserve(indices.size());
    for (std::size_t i : indices) intervals.push_back(Across(i));
    return DisjointIntervals(std::move(intervals));
  }

  /// Boxes tangle: sets the one aside whose removal opens most parts, cuts the others, and puts it back by height.
  void OrderAroundBlocker(Indices group, Indices& order, int level) const {
    const auto [found, parts] = FindBlocker(group);
    const std::size_t blocker = found;  // clang 19 captures no structured binding
    std::erase(group, blocker);
    const bool fruitless = parts <= 1 && group.size() > kLargeTangle;
    Indices ordered;
    Order(std::move(group), ordered, level + (fruitless ? kFruitlessLevels : 1));
    // Before the first box that begins below it and does not lie in a column beside it.
    const auto place = std::find_if(ordered.begin(), ordered.end(), [&](std::size_t i) {
      const bool beside = boxes_[i].x2 <= boxes_[blocker].x1 || boxes_[i].x1 >= boxes_[blocker].x2;
      return !beside && TopLeft(blocker) < TopLeft(i);
    });
    ordered.insert(place, blocker);
    order.insert(order.end(), ordered.begin(), ordered.end());
  }

  /// The box, and into how many parts the others fall without it.
  std::pair<std::size_t, std::size_t> FindBlocker(const Indices& group) const {
    std::vector<Interval> across;
    std::vector<Interval> down;
    for (std::size_t i : group) {
      across.push_back(Across(i));
      down.push_back(Down(i));
    }
    const std::vector<std::size_t> columns = PartsWithoutEach(across);
    const std::vector<std::size_t> rows = PartsWithoutEach(down);
    std::size_t best = group.front();
    std::size_t most_parts = 0;
    float largest = -1;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const std::size_t parts = std::max(columns[i], rows[i]);
      const float area = boxes_[group[i]].area();
      if (std::tie(parts, area) > std::tie(most_parts, largest)) {
        best = group[i];
        most_parts = parts;
        largest = area;
      }
    }
    return {best, most_parts};
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

Indices MembersOf(Band band, std::span<const OrderedBox> boxes) {
  Indices members;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (boxes[i].band == band) members.push_back(i);
  }
  return members;
}

/// Cuts the page without the boxes that only frame others, and adds these afterwards.
void OrderBody(const XyCut& cut, std::span<const OrderedBox> boxes, const Indices& members, Indices& order) {
  std::vector<Box> body;
  body.reserve(members.size());
  for (std::size_t i : members) body.push_back(boxes[i].box);
  const Containers containers(body);

  Indices others;
  for (std::size_t i : containers.Others()) others.push_back(members[i]);
  Indices cut_order;
  cut.Order(others, cut_order);
  // Back to places in `members`, which rises.
  for (std::size_t& i : cut_order) {
    i = static_cast<std::size_t>(std::ranges::lower_bound(members, i) - members.begin());
  }
  for (std::size_t i : containers.Insert(cut_order)) order.push_back(members[i]);
}

}  // namespace

std::vector<std::size_t> XyCutOrder(std::span<const OrderedBox> boxes) {
  Indices order;
  if (boxes.empty()) return order;
  const XyCut cut(Shrink(boxes));
  for (Band band : {Band::kHead, Band::kBody, Band::kFoot}) {
    const Indices members = MembersOf(band, boxes);
    if (band == Band::kBody) {
      OrderBody(cut, boxes, members, order);
    } else {
      cut.OrderByLines(members, order);
    }
  }
  return order;
}

}  // namespace doclayout::postprocess
