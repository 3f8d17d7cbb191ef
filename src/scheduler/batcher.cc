#include "scheduler/batcher.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace doclayout::scheduler {

Batcher::Batcher(Options options) : options_(std::move(options)) {
  if (options_.max_batch_size < 1) std::abort();
  std::erase_if(options_.preferred_sizes, [this](int size) { return size < 1 || size > options_.max_batch_size; });
  std::sort(options_.preferred_sizes.begin(), options_.preferred_sizes.end());
}

int Batcher::Take(std::size_t waiting, Duration waited) const {
  const int most = static_cast<int>(std::min<std::size_t>(waiting, static_cast<std::size_t>(options_.max_batch_size)));
  if (most == options_.max_batch_size) return most;
  const auto above = std::upper_bound(options_.preferred_sizes.begin(), options_.preferred_sizes.end(), most);
  if (above != options_.preferred_sizes.begin()) return *std::prev(above);
  return waited >= options_.max_queue_delay ? most : 0;
}

}  // namespace doclayout::scheduler
