#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "health/gpu/gpu_blocks.h"
#include "health/gpu/gpu_state.h"
#include "health/health.h"

namespace doclayout::health {

/// Where a GPU's readings begin to be bad.
struct GpuLimits {
  std::uint64_t warning_free_bytes = std::uint64_t{500} << 20;
  std::uint64_t unhealthy_free_bytes = std::uint64_t{200} << 20;  ///< too little for another page
  double warning_celsius = 85;
  double unhealthy_celsius = 95;
  double slowdown_margin_celsius = 5;  ///< a warning from so near to where the hardware slows down
};

// What a GPU's state means for the service. Pure functions, thread-safe. `infers` says whether the service infers on
// that GPU; when it does not, every check says `not_applicable`. Each check's details are one sentence for a person.

/// Layer 1, `gpu_available`: unhealthy when the GPU is lost or not there, which a restart elsewhere may cure. NVML that
/// hangs, fails or is not installed is a warning: inference may go on without it.
std::vector<Check> GpuLivenessChecks(const GpuState& state, bool infers);

/// Layer 2, `gpu_memory`: what is really free of the device's memory, in MiB. Unhealthy when the GPU is lost or not
/// there; a warning when it is not known, or only from a reading before NVML began to hang or fail.
std::vector<Check> GpuReadinessChecks(const GpuState& state, bool infers, const GpuLimits& limits);

/// Layer 3: `gpu_memory_after_inference` (as `gpu_memory`; for a state that was read after one),
/// `gpu_temperature`, `gpu_throttling`, `gpu_errors` (ECC and Xid, since the telemetry started) and
/// `gpu_fragmentation`. `blocks` is what the last measurement gave; nullopt: none was made.
std::vector<Check> GpuDeepChecks(const GpuState& state, bool infers, const GpuLimits& limits,
                                 const std::optional<Result<GpuBlocks>>& blocks);

}  // namespace doclayout::health
