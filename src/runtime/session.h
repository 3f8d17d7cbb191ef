#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "types/tensor.h"

namespace doclayout::runtime {

/// One inference at a time on a loaded model: what a slot owns.
///
/// Not thread-safe: one thread at a time. Outlives nothing: keep the `Engine` that made it.
class Session {
 public:
  virtual ~Session() = default;

  /// Pages of one inference, at least 1.
  virtual int batch() const = 0;

  /// Memory of a page's pixels, to be filled before `Run`: uint8 [height, width, 3], blue green red. `index` is the
  /// page's place in the batch, from 0. Valid for the session's life.
  virtual std::span<std::uint8_t> image(int index) = 0;

  /// The model's input height over the page's, and the same of the widths: for models that give boxes in pixels of the
  /// page. Without effect for others.
  virtual void SetScaleFactor(int index, float y, float x) = 0;

  /// Infers the whole batch and blocks until done; what a place held before is inferred again. The views are valid
  /// until the next `Run`: floating-point outputs as float32, integers as uint8 or int32. `kInternal` when the runtime
  /// fails.
  virtual Result<std::span<const TensorView>> Run() = 0;
};

/// A model loaded and compiled. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;

  /// How many sessions run at once without slowing each other down: the best number of slots.
  virtual int slots() const = 0;

  /// "OpenVINO 2026.4.0-…": which runtime infers.
  virtual std::string runtime() const = 0;

  /// Whether it infers on a GPU.
  virtual bool on_gpu() const { return false; }

  /// What did not go as asked and did not keep the model from loading, in a sentence for the log: a compiled model that
  /// could not be kept. Empty: nothing.
  virtual std::string note() const { return {}; }

  virtual Result<std::unique_ptr<Session>> CreateSession() = 0;

  /// Whether a new session infers at full speed while another one hangs for ever: not where the hung one keeps one of
  /// the engine's own threads.
  virtual bool replaces_hung_sessions() const { return false; }

  /// How long a page may best wait for others to be inferred with, where sessions take several.
  virtual Duration batch_delay() const { return Duration(0); }
};

}  // namespace doclayout::runtime
