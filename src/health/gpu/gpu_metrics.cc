#include "health/gpu/gpu_metrics.h"

#include <functional>
#include <string>
#include <utility>

namespace doclayout::health {
namespace {

using Value = std::function<double(const GpuState&)>;

template <typename Number>
Value Known(std::optional<Number> GpuState::* reading) {
  return [reading](const GpuState& state) { return static_cast<double>((state.*reading).value_or(Number())); };
}

/// Adds metrics that are read from the telemetry's state.
class Adder {
 public:
  Adder(metrics::Registry& registry, const GpuTelemetry* telemetry) : registry_(registry), telemetry_(telemetry) {}

  void Gauge(std::string name, std::string help, Value value, metrics::Labels labels = {}) {
    registry_.AddGaugeFunction(std::move(name), std::move(help), std::move(labels), Reader(std::move(value)));
  }
  void Counter(std::string name, std::string help, Value value, metrics::Labels labels = {}) {
    registry_.AddCounterFunction(std::move(name), std::move(help), std::move(labels), Reader(std::move(value)));
  }

 private:
  std::function<double()> Reader(Value value) const {
    return [telemetry = telemetry_, value = std::move(value)] {
      return telemetry == nullptr ? 0.0 : value(telemetry->Read());
    };
  }

  metrics::Registry& registry_;
  const GpuTelemetry* const telemetry_;
};

void AddReadings(Adder& add) {
  add.Gauge("pp_doclayout_gpu_memory_usage_percent", "Memory of the GPU that is used, 0 to 100 percent.",
            [](const GpuState& state) { return MemoryUsagePercent(state).value_or(0); });
  add.Gauge("pp_doclayout_gpu_memory_used_bytes", "Memory of the GPU that is used, by all processes.",
            Known(&GpuState::memory_used_bytes));
  add.Gauge("pp_doclayout_gpu_memory_total_bytes", "Memory of the GPU.", Known(&GpuState::memory_total_bytes));
  add.Gauge("pp_doclayout_gpu_process_memory_bytes", "Memory of the GPU that this process uses.",
            Known(&GpuState::process_memory_bytes));
  add.Gauge("pp_doclayout_gpu_utilization_ratio", "Share of the time that the GPU computed; 0 with MIG.",
            Known(&GpuState::utilization_ratio));
  add.Gauge("pp_doclayout_gpu_temperature_celsius", "Temperature of the GPU.", Known(&GpuState::temperature_celsius));
  add.Gauge("pp_doclayout_gpu_power_watts", "Power that the GPU takes.", Known(&GpuState::power_watts));
  add.Gauge("pp_doclayout_gpu_power_limit_watts", "Power that the GPU may take.", Known(&GpuState::power_limit_watts));
}

void AddThrottling(Adder& add) {
  for (const ThrottleReason& reason : ThrottleReasons()) {
    if (reason.effect == ThrottleReason::Effect::kNone) continue;
    add.Gauge("pp_doclayout_gpu_throttled", "1 while something lowers the GPU's clocks.",
              [bit = reason.bit](const GpuState& state) {
                return (state.throttle_reasons.value_or(0) & bit) != 0 ? 1.0 : 0.0;
              },
              {{"reason", std::string(reason.name)}});
  }
}

void AddErrors(Adder& add) {
  constexpr const char* kEcc = "pp_doclayout_gpu_ecc_errors_total";
  constexpr const char* kEccHelp = "Errors in the GPU's memory.";
  add.Counter(kEcc, kEccHelp, Known(&GpuState::ecc_corrected), {{"kind", "corrected"}});
  add.Counter(kEcc, kEccHelp, Known(&GpuState::ecc_uncorrected), {{"kind", "uncorrected"}});

  const auto xids = [&add](const char* kind, std::uint64_t GpuState::* count) {
    add.Counter("pp_doclayout_gpu_xid_errors_total", "Errors of the GPU that its driver gave a number (Xid).",
                [count](const GpuState& state) { return static_cast<double>(state.*count); }, {{"kind", kind}});
  };
  xids("critical", &GpuState::xid_critical);
  xids("application", &GpuState::xid_application);
  xids("other", &GpuState::xid_other);
  add.Gauge("pp_doclayout_gpu_last_xid", "Number of the last Xid error; 0: none.", Known(&GpuState::last_xid));
}

void AddCondition(Adder& add) {
  add.Gauge("pp_doclayout_gpu_up", "1 while the GPU can be read.",
            [](const GpuState& state) { return state.condition == GpuCondition::kOk ? 1.0 : 0.0; });
  for (const GpuCondition condition : kGpuConditions) {
    add.Gauge("pp_doclayout_gpu_condition", "1 for how the GPU fares.",
              [condition](const GpuState& state) { return state.condition == condition ? 1.0 : 0.0; },
              {{"condition", std::string(GpuConditionName(condition))}});
  }
  add.Gauge("pp_doclayout_gpu_telemetry_age_seconds", "Age of the last reading of the GPU; 0 without one.",
            [](const GpuState& state) { return Milliseconds(state.age.value_or(Duration())) / 1000; });
}

}  // namespace

void AddGpuMetrics(metrics::Registry& registry, const GpuTelemetry* telemetry) {
  Adder add(registry, telemetry);
  AddReadings(add);
  AddThrottling(add);
  AddErrors(add);
  AddCondition(add);
}

}  // namespace doclayout::health
