#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace doclayout::health {

/// How the GPU, or the conversation with the driver about it, fares.
enum class GpuCondition {
  kAbsent,    ///< no NVML, no driver, or no such device
  kStarting,  ///< not read yet
  kOk,        ///< read a moment ago
  kLost,      ///< it was there and is gone, fell off the bus, or must be reset
  kHanging,   ///< NVML does not come back; what was read before is what there is
  kFailing,   ///< NVML answers, but with an error
};

inline constexpr std::array kGpuConditions = {GpuCondition::kAbsent, GpuCondition::kStarting, GpuCondition::kOk,
                                              GpuCondition::kLost,   GpuCondition::kHanging,  GpuCondition::kFailing};

/// "absent", "starting", "ok", "lost", "hanging" or "failing".
std::string_view GpuConditionName(GpuCondition condition);

/// What lowers a GPU's clocks: a bit of NVML's clocks event reasons (once: throttle reasons).
struct ThrottleReason {
  enum class Effect {
    kNone,    ///< as wanted: idle, clocks that somebody set
    kLimits,  ///< a limit of normal work, such as the power that the board may take
    kHarms,   ///< too hot or too little power: half the speed or less
  };

  std::uint64_t bit;
  std::string_view name;  ///< stable, for metrics: "hw_thermal"
  std::string_view text;  ///< for a person
  Effect effect;
};

/// All that are known. Newer drivers may have more.
std::span<const ThrottleReason> ThrottleReasons();

/// What is known of one GPU. A plain value. Whatever the driver does not tell, or not for this GPU, is nullopt.
struct GpuState {
  GpuCondition condition = GpuCondition::kStarting;
  std::string reason;         ///< why it is not `kOk`: a clause for a person
  bool nvml_missing = false;  ///< with `kAbsent`: the library is not here, so nothing is known of the GPU itself

  std::string name;            ///< "NVIDIA L4"; empty until known, as are the next two
  std::string uuid;            ///< "GPU-…", or "MIG-…" of the MIG device that is used
  std::string driver_version;  ///< "570.86.15"
  bool mig = false;            ///< the GPU is divided: memory is that of one part, and utilisation cannot be had

  // The last readings, and how old they are. None once the GPU is lost.
  std::optional<Duration> age;
  std::optional<std::uint64_t> memory_total_bytes;
  std::optional<std::uint64_t> memory_used_bytes;  ///< by all processes and the driver
  std::optional<std::uint64_t> memory_free_bytes;
  std::optional<std::uint64_t> process_memory_bytes;  ///< of this process
  std::optional<double> utilization_ratio;            ///< 0..1: time with a kernel running in the last sample period
  std::optional<double> temperature_celsius;
  std::optional<double> slowdown_celsius;  ///< where the hardware slows down
  std::optional<double> shutdown_celsius;  ///< where it switches itself off
  std::optional<double> power_watts;
  std::optional<double> power_limit_watts;
  std::optional<std::uint64_t> throttle_reasons;  ///< bits of `ThrottleReasons()`

  // Counted since the telemetry started; they never fall, whatever becomes of the GPU or the driver.
  std::optional<std::uint64_t> ecc_corrected;
  std::optional<std::uint64_t> ecc_uncorrected;
  bool xid_watched = false;  ///< the driver tells of Xid errors
  std::uint64_t xid_critical = 0;
  std::uint64_t xid_application = 0;
  std::uint64_t xid_other = 0;
  std::optional<std::uint64_t> last_xid;
  std::optional<std::uint64_t> last_critical_xid;
};

/// Percent of the memory that is used, 0..100. Nullopt when either is not known.
std::optional<double> MemoryUsagePercent(const GpuState& state);

}  // namespace doclayout::health
