#include "http/analyze/recent_layouts.h"

#include <string>
#include <utility>

namespace doclayout::http {
namespace {

/// That an allocation takes besides what was asked for: glibc's header, and half of the 16 bytes to which it rounds up.
constexpr std::size_t kAllocation = 16;

/// Three pointers and a colour in front of a std::map's entry, two pointers in front of a std::list's.
constexpr std::size_t kMapNode = 4 * sizeof(void*) + kAllocation;
constexpr std::size_t kListNode = 2 * sizeof(void*) + kAllocation;

std::size_t Allocated(std::size_t bytes) {
  return bytes == 0 ? 0 : bytes + kAllocation;
}

/// A short string lies inside of its object.
std::size_t HeapBytes(const std::string& text) {
  static const std::size_t kInside = std::string().capacity();
  return text.capacity() <= kInside ? 0 : Allocated(text.capacity() + 1);
}

template <typename T>
std::size_t HeapBytes(const std::vector<T>& items) {
  return Allocated(items.capacity() * sizeof(T));
}

}  // namespace

std::size_t BytesOf(const std::vector<PageLayout>& layouts) {
  // The vector itself lies behind two counters and a vtable.
  std::size_t bytes = Allocated(sizeof(std::vector<PageLayout>) + 2 * sizeof(void*)) + HeapBytes(layouts);
  for (const PageLayout& layout : layouts) {
    bytes += HeapBytes(layout.regions);
    for (const Region& region : layout.regions) bytes += HeapBytes(region.label) + HeapBytes(region.polygon);
  }
  return bytes;
}

SharedLayouts RecentLayouts::Find(const AnswerKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->layouts;
}

std::vector<SharedLayouts> RecentLayouts::Insert(const AnswerKey& key, SharedLayouts layouts, std::size_t bytes) {
  bytes += sizeof(decltype(places_)::value_type) + kMapNode + sizeof(Entry) + kListNode;
  std::vector<SharedLayouts> gone;
  if (bytes > most_bytes_ || places_.contains(key)) return gone;
  std::size_t room = most_bytes_ - bytes_;
  std::size_t goes = 0;
  for (auto entry = entries_.rbegin(); room < bytes; ++entry, ++goes) room += entry->bytes;
  // All that may throw comes before what is changed.
  gone.reserve(goes);
  std::list<Entry> added;
  added.push_back({key, std::move(layouts), bytes});
  places_.emplace(key, added.begin());
  entries_.splice(entries_.begin(), added);
  bytes_ += bytes;
  while (goes-- > 0) {
    Entry& last = entries_.back();
    bytes_ -= last.bytes;
    gone.push_back(std::move(last.layouts));
    places_.erase(last.key);
    entries_.pop_back();
  }
  return gone;
}

}  // namespace doclayout::http
