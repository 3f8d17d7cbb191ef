#include "health/gpu/gpu_state.h"

namespace doclayout::health {
namespace {

using Effect = ThrottleReason::Effect;

// nvmlClocksEventReasons of https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
constexpr std::array kThrottleReasons = {
    ThrottleReason{0x001, "gpu_idle", "it is idle", Effect::kNone},
    ThrottleReason{0x002, "application_clocks", "somebody set its clocks", Effect::kNone},
    ThrottleReason{0x004, "sw_power_cap", "it takes all the power that it may", Effect::kLimits},
    ThrottleReason{0x008, "hw_slowdown", "the hardware slows itself down", Effect::kHarms},
    ThrottleReason{0x010, "sync_boost", "it waits for the other GPUs of its boost group", Effect::kNone},
    ThrottleReason{0x020, "sw_thermal", "the driver slows it down because it is too hot", Effect::kHarms},
    ThrottleReason{0x040, "hw_thermal", "the hardware slows itself down because it is too hot", Effect::kHarms},
    ThrottleReason{0x080, "hw_power_brake", "the machine's power supply brakes it", Effect::kHarms},
    ThrottleReason{0x100, "display_clocks", "the display sets its clocks", Effect::kNone},
    ThrottleReason{0x200, "board_limit", "it is at its board's limit", Effect::kLimits},
    ThrottleReason{0x400, "reliability", "the driver keeps its voltage low to spare it", Effect::kLimits},
};

}  // namespace

std::string_view GpuConditionName(GpuCondition condition) {
  switch (condition) {
    case GpuCondition::kAbsent:
      return "absent";
    case GpuCondition::kStarting:
      return "starting";
    case GpuCondition::kOk:
      return "ok";
    case GpuCondition::kLost:
      return "lost";
    case GpuCondition::kHanging:
      return "hanging";
    case GpuCondition::kFailing:
      return "failing";
  }
  return "failing";
}

std::span<const ThrottleReason> ThrottleReasons() {
  return kThrottleReasons;
}

std::optional<double> MemoryUsagePercent(const GpuState& state) {
  if (!state.memory_used_bytes || state.memory_total_bytes.value_or(0) == 0) return std::nullopt;
  return 100 * static_cast<double>(*state.memory_used_bytes) / static_cast<double>(*state.memory_total_bytes);
}

}  // namespace doclayout::health
