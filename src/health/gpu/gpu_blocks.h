#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace doclayout::health {

/// How much of a GPU's free memory can be had in one piece. A plain value.
struct GpuBlocks {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t asked_bytes = 0;    ///< the most that was asked for; 0 when there was too little to ask
  std::uint64_t largest_bytes = 0;  ///< what could be had of it, to a factor of two
};

/// Finds out whether a GPU's free memory is in pieces: takes one block through CUDA's driver, of half the size each
/// time that there is none, and gives it back at once.
///
/// Thread-safe. It asks for half of what is free at most, so that an inference that runs meanwhile still gets its own;
/// giving back waits for the kernels that run. It uses the context that this process infers with and makes none of its
/// own, which would take hundreds of megabytes.
class GpuBlockProbe {
 public:
  struct Options {
    std::string cuda_path = "libcuda.so.1";               ///< a bare name is looked up by the loader
    int device_index = 0;                                 ///< as the CUDA runtime counts
    std::uint64_t wish_bytes = std::uint64_t{256} << 20;  ///< the most that is asked for
    Duration timeout = std::chrono::seconds(5);           ///< after which CUDA hangs
  };

  explicit GpuBlockProbe(Options options);
  /// Waits for nothing: a measurement that hangs is left behind, with all that it may still touch.
  ~GpuBlockProbe();

  GpuBlockProbe(const GpuBlockProbe&) = delete;
  GpuBlockProbe& operator=(const GpuBlockProbe&) = delete;

  /// Blocks until it is known, for `timeout` at most: CUDA is called on a thread of the measurement's own, which
  /// callers at the same time share. `kDeadlineExceeded` when CUDA hangs, and at once as long as it still does;
  /// `kNotFound` without a driver, a device, or a context of this process; `kInternal` for CUDA's other errors.
  Result<GpuBlocks> Measure();

 private:
  class Shared;

  const Options options_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace doclayout::health
