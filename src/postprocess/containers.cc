#include "postprocess/containers.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace doclayout::postprocess {
namespace {

/// Detections are some pixels off: a member may stick out by the rest.
constexpr float kCoveredShare = 0.8F;
/// A member cannot be higher than its container by more than this, or less than `kCoveredShare` of it would be covered.
constexpr float kMostAbove = (1 - kCoveredShare) / kCoveredShare;
/// Paragraphs fill nine tenths of a false box over them, words that were found in a figure a tenth.
constexpr float kFilledShare = 0.5F;
constexpr int kFewestMembers = 2;

float SharedArea(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

std::vector<std::size_t> AllIndices(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

}  // namespace

Containers::Containers(std::span<const Box> boxes)
    : boxes_(boxes),
      by_top_(AllIndices(boxes.size())),
      by_size_(by_top_),
      rank_(boxes.size()),
      is_container_(boxes.size(), false) {
  std::ranges::stable_sort(by_top_, {}, [&](std::size_t i) { return boxes_[i].y1; });
  std::ranges::reverse(by_size_);
  std::ranges::stable_sort(by_size_, {}, [&](std::size_t i) { return boxes_[i].area(); });
  for (std::size_t rank = 0; rank < by_size_.size(); ++rank) rank_[by_size_[rank]] = rank;
  Find();
}

bool Containers::IsMember(std::size_t candidate, std::size_t container) const {
  if (rank_[candidate] >= rank_[container]) return false;
  const float area = boxes_[candidate].area();
  return area > 0 && SharedArea(boxes_[candidate], boxes_[container]) >= kCoveredShare * area;
}

template <typename Visit>
void Containers::ForEachMember(std::size_t container, Visit visit) const {
  const Box& box = boxes_[container];
  const float highest = box.y1 - kMostAbove * box.height();
  const auto top = [&](std::size_t i) { return boxes_[i].y1; };
  for (auto i = std::ranges::lower_bound(by_top_, highest, {}, top); i != by_top_.end() && top(*i) < box.y2; ++i) {
    if (IsMember(*i, container)) visit(*i);
  }
}

/// From the smallest, so that what a container's members hold is not counted again.
void Containers::Find() {
  for (std::size_t candidate : by_size_) {
    int members = 0;
    float filled = 0;
    ForEachMember(candidate, [&](std::size_t member) {
      if (is_container_[member]) return;
      ++members;
      filled += boxes_[member].area();
    });
    is_container_[candidate] = members >= kFewestMembers && filled >= kFilledShare * boxes_[candidate].area();
  }
}

std::vector<std::size_t> Containers::Others() const {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < boxes_.size(); ++i) {
    if (!is_container_[i]) others.push_back(i);
  }
  return others;
}

std::vector<std::size_t> Containers::Insert(std::span<const std::size_t> order) const {
  std::vector<std::size_t> place(boxes_.size(), order.size());  // for a container that of its first member
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  for (std::size_t container : by_size_) {
    if (!is_container_[container]) continue;
    ForEachMember(container, [&](std::size_t member) { place[container] = std::min(place[container], place[member]); });
  }
  std::vector<std::size_t> all = AllIndices(boxes_.size());
  std::ranges::sort(all, [&](std::size_t a, std::size_t b) {
    return std::tuple(place[a], !is_container_[a], rank_[b]) < std::tuple(place[b], !is_container_[b], rank_[a]);
  });
  return all;
}

}  // namespace doclayout::postprocess
