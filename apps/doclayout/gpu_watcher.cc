#include "gpu_watcher.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

#include "health/gpu/gpu_metrics.h"
#include "runtime/device.h"

namespace doclayout {
namespace {

/// For a reading of the GPU from behind the inference, which mostly takes milliseconds.
constexpr std::chrono::seconds kPatience(2);

std::optional<std::string> VisibleDevices() {
  const char* value = std::getenv("CUDA_VISIBLE_DEVICES");
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

health::GpuLimits LimitsOf(const config::HealthConfig& config) {
  return {.warning_free_bytes = config.gpu_memory_warn_free_bytes,
          .unhealthy_free_bytes = config.gpu_memory_least_free_bytes,
          .warning_celsius = config.gpu_warn_celsius,
          .unhealthy_celsius = config.gpu_most_celsius};
}

}  // namespace

GpuWatcher::GpuWatcher(const config::ServeConfig& config, metrics::Registry& registry, const Clock& clock)
    : limits_(LimitsOf(config.health)), infers_(config.inference.device.starts_with("gpu")) {
  if (config.inference.device != "cpu") {
    const auto device = runtime::ParseDevice(config.inference.device);
    const int index = device ? device->index : 0;
    telemetry_.emplace(
        health::GpuTelemetry::Options{
            .nvml_path = config.health.nvml_path, .device_index = index, .visible_devices = VisibleDevices()},
        clock);
    blocks_.emplace(health::GpuBlockProbe::Options{.cuda_path = config.health.cuda_driver_path, .device_index = index});
  }
  health::AddGpuMetrics(registry, telemetry_ ? &*telemetry_ : nullptr);
}

health::GpuState GpuWatcher::Read() const {
  return telemetry_ ? telemetry_->Read() : health::GpuState{};
}

std::vector<health::Check> GpuWatcher::Liveness() const {
  return health::GpuLivenessChecks(Read(), infers_);
}

std::vector<health::Check> GpuWatcher::Readiness() const {
  return health::GpuReadinessChecks(Read(), infers_, limits_);
}

std::vector<health::Check> GpuWatcher::Deep(health::DeepHealth::Dependencies::Look look) {
  const bool measures = infers_ && telemetry_ && look == health::DeepHealth::Dependencies::Look::kMeasure;
  if (!measures) return health::GpuDeepChecks(Read(), infers_, limits_, std::nullopt);
  const health::GpuState state = telemetry_->ReadFresh(kPatience);
  return health::GpuDeepChecks(state, true, limits_, blocks_->Measure());
}

}  // namespace doclayout
