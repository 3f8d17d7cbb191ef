#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "types/region.h"

namespace doclayout::postprocess {

/// The boxes of a page that only frame others, so that the reading order can be found without them.
///
/// A container covers at least two smaller boxes, and these fill most of it: a false "table" over two columns of text,
/// a list around its entries. It says nothing about the page that its members do not, but it hides the white space
/// between them. A figure or table with a few finds in it is none: what it covers is its own, and it separates what is
/// above it from what is below.
///
/// A plain value, deterministic. Compares each box with those that begin within its height: O(n log n) on pages, O(n²)
/// for boxes that all lie in each other (about 10 ms for 1,000).
class Containers {
 public:
  explicit Containers(std::span<const Box> boxes);

  /// The indices of the boxes that are no containers, rising.
  std::vector<std::size_t> Others() const;

  /// Adds the containers to an order of the others: each directly before the first of its members, as a heading is read
  /// before what it holds, and an outer one before an inner one. Behind its members it would stand where a column that
  /// it covers in part has gone on already.
  std::vector<std::size_t> Insert(std::span<const std::size_t> order) const;

 private:
  void Find();
  template <typename Visit>
  void ForEachMember(std::size_t container, Visit visit) const;
  bool IsMember(std::size_t candidate, std::size_t container) const;

  std::span<const Box> boxes_;
  std::vector<std::size_t> by_top_;   ///< indices by y1
  std::vector<std::size_t> by_size_;  ///< indices from the smallest; of equals the last one first
  std::vector<std::size_t> rank_;     ///< places in `by_size_`
  std::vector<bool> is_container_;
};

}  // namespace doclayout::postprocess
