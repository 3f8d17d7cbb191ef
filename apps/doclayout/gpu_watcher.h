#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "health/deep_health.h"
#include "health/gpu/gpu_blocks.h"
#include "health/gpu/gpu_checks.h"
#include "health/gpu/gpu_telemetry.h"
#include "health/health.h"
#include "metrics/registry.h"

namespace doclayout {

/// What there is to say of the GPU in each layer of health, and its metrics; of a service on a processor that it does
/// not apply.
///
/// Thread-safe. Only `Deep` may block, and only when it is to measure.
class GpuWatcher {
 public:
  /// Watches the GPU that the model is to infer on, or may turn out to. The registry asks for its metrics for its life.
  GpuWatcher(const config::ServeConfig& config, metrics::Registry& registry, const Clock& clock);

  GpuWatcher(const GpuWatcher&) = delete;
  GpuWatcher& operator=(const GpuWatcher&) = delete;

  /// The model that is served infers on a GPU, or not.
  void SetInfers(bool infers) { infers_ = infers; }

  std::vector<health::Check> Liveness() const;
  std::vector<health::Check> Readiness() const;
  std::vector<health::Check> Deep(health::DeepHealth::Dependencies::Look look);

 private:
  health::GpuState Read() const;

  const health::GpuLimits limits_;
  std::atomic<bool> infers_;
  std::optional<health::GpuTelemetry> telemetry_;  // none: the service was told to use the processor
  std::optional<health::GpuBlockProbe> blocks_;
};

}  // namespace doclayout
