#include "types/pixel_memory.h"

#include <algorithm>

namespace doclayout {
namespace {

/// Five A4 pages at 200 dpi, or two at 300.
constexpr std::size_t kMostKept = 64UL << 20;
/// A block that is so many times too large is left to others.
constexpr std::size_t kMostWaste = 4;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif
#else
constexpr bool kKeeps = true;
#endif

}  // namespace

PixelMemory& PixelMemory::OfProcess() {
  // Never destroyed: an image may live until the process ends.
  static PixelMemory& memory = *new PixelMemory(kKeeps ? kMostKept : 0);
  return memory;
}

PixelMemory::~PixelMemory() {
  for (const Kept& kept : kept_) delete[] kept.block;
}

PixelMemory::Block PixelMemory::Take(std::size_t bytes) {
  {
    const MutexLock lock(mutex_);
    auto best = kept_.end();
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
      if (it->capacity < bytes || it->capacity / kMostWaste > bytes) continue;
      if (best == kept_.end() || it->capacity < best->capacity) best = it;
    }
    if (best != kept_.end()) {
      const Kept found = *best;
      kept_.erase(best);
      kept_bytes_ -= found.capacity;
      return {found.block, GiveBack{this, found.capacity}};
    }
  }
  return {new std::uint8_t[bytes], GiveBack{this, bytes}};
}

std::size_t PixelMemory::kept_bytes() const {
  const MutexLock lock(mutex_);
  return kept_bytes_;
}

void PixelMemory::Return(std::uint8_t* block, std::size_t capacity) {
  std::vector<Kept> dropped;  // freed without the lock
  {
    const MutexLock lock(mutex_);
    if (capacity <= most_kept_) {
      // With the room made first, so that nothing below can fail.
      while (kept_bytes_ + capacity > most_kept_) {
        dropped.push_back(kept_.front());
        kept_bytes_ -= kept_.front().capacity;
        kept_.erase(kept_.begin());
      }
      kept_.push_back({block, capacity});
      kept_bytes_ += capacity;
      block = nullptr;
    }
  }
  delete[] block;
  for (const Kept& kept : dropped) delete[] kept.block;
}

void PixelMemory::GiveBack::operator()(std::uint8_t* block) const {
  if (from != nullptr) from->Return(block, capacity);
}

}  // namespace doclayout
