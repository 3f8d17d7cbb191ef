#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.h"

namespace doclayout {

/// Memory for the pixels of pages, kept for the next ones. Pages of some megabytes come and go many times a second, and
/// memory that is new from the system costs a fault for each 4 KiB: a seventh of what a scan costs outside the engine.
///
/// Thread-safe.
class PixelMemory {
 public:
  /// Gives a block back to where it is from.
  struct GiveBack {
    PixelMemory* from = nullptr;
    std::size_t capacity = 0;
    void operator()(std::uint8_t* block) const;
  };
  using Block = std::unique_ptr<std::uint8_t[], GiveBack>;

  /// Keeps at most so many bytes that nobody uses; the blocks must not outlive it.
  explicit PixelMemory(std::size_t most_kept) : most_kept_(most_kept) {}
  ~PixelMemory();
  PixelMemory(const PixelMemory&) = delete;
  PixelMemory& operator=(const PixelMemory&) = delete;

  /// The one of all images. Never gone. Keeps nothing where AddressSanitizer is to see what is used behind its end.
  static PixelMemory& OfProcess();

  /// At least so many bytes, with anything in them. Throws `std::bad_alloc`.
  Block Take(std::size_t bytes);

  std::size_t kept_bytes() const;

 private:
  struct Kept {
    std::uint8_t* block;
    std::size_t capacity;
  };

  void Return(std::uint8_t* block, std::size_t capacity);

  const std::size_t most_kept_;
  mutable Mutex mutex_;
  std::vector<Kept> kept_ GUARDED_BY(mutex_);  // the longest unused first
  std::size_t kept_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace doclayout
