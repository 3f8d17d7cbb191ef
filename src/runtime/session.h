#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "types/tensor.h"

namespace doclayout::runtime {

/// One inference at a time on a loaded model: what a slot owns.
///
/// Not thread-safe: one thread at a time. Outlives nothing: keep the `Engine` that made it.
class Session {
 public:
  virtual ~Session() = default;

  /// Memory of the input, to be filled before `Run`: uint8 [1, height, width, 3], blue green red. Valid for the
  /// session's life.
  virtual std::span<std::uint8_t> input() = 0;

  /// Infers what `input()` holds and blocks until done. The views are valid until the next `Run`. `kInternal` when the
  /// runtime fails.
  virtual Result<std::span<const TensorView>> Run() = 0;
};

/// A model loaded and compiled. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;

  /// How many sessions run at once without slowing each other down: the best number of slots.
  virtual int slots() const = 0;

  virtual Result<std::unique_ptr<Session>> CreateSession() = 0;
};

}  // namespace doclayout::runtime
