#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"

namespace doclayout::scheduler {

/// How many pages go to the engine at once, and how long to wait for them to come together.
///
/// Pure policy, thread-safe: it keeps nothing.
class Batcher {
 public:
  struct Options {
    int max_batch_size = 1;            ///< at least 1
    Duration max_queue_delay{0};       ///< that a page waits for company while a slot is free
    std::vector<int> preferred_sizes;  ///< worth leaving at once for, beside the largest; rising
  };

  explicit Batcher(Options options);

  /// Pages that a free slot takes now, of `waiting` of which the oldest has waited for `waited`; 0: it is better to
  /// wait for more, at most until `max_queue_delay` is over.
  int Take(std::size_t waiting, Duration waited) const;

  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace doclayout::scheduler
