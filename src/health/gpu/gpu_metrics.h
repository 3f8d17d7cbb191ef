#pragma once

#include "health/gpu/gpu_telemetry.h"
#include "metrics/registry.h"

namespace doclayout::health {

/// Adds the metrics `pp_doclayout_gpu_…` to the registry. Every series is there from the start: 0 where the GPU does
/// not tell, or there is none (`telemetry` null).
///
/// `telemetry` is read whenever the metrics are, which never waits for NVML, and must outlive the registry's use.
void AddGpuMetrics(metrics::Registry& registry, const GpuTelemetry* telemetry);

}  // namespace doclayout::health
