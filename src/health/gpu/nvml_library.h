#pragma once

#include <string>

#include "base/result.h"
#include "health/gpu/nvml_api.h"

namespace doclayout::health {

/// NVML's functions, from a library that is in this process. A plain value. The first three are always there; any other
/// one is null where the driver's version has none.
struct NvmlLibrary {
  using Return = nvml::Return;

  Return (*init)() = nullptr;
  Return (*device_count)(unsigned* count) = nullptr;
  Return (*device_by_index)(unsigned index, nvml::Device* device) = nullptr;

  Return (*shutdown)() = nullptr;
  Return (*driver_version)(char* text, unsigned size) = nullptr;
  Return (*name)(nvml::Device, char* text, unsigned size) = nullptr;
  Return (*uuid)(nvml::Device, char* text, unsigned size) = nullptr;
  Return (*memory)(nvml::Device, nvml::Memory*) = nullptr;
  Return (*processes)(nvml::Device, unsigned* count, nvml::ProcessInfo*) = nullptr;
  Return (*utilization)(nvml::Device, nvml::Utilization*) = nullptr;
  Return (*temperature)(nvml::Device, unsigned sensor, unsigned* celsius) = nullptr;
  Return (*temperature_threshold)(nvml::Device, unsigned threshold, unsigned* celsius) = nullptr;
  Return (*power)(nvml::Device, unsigned* milliwatts) = nullptr;
  Return (*power_limit)(nvml::Device, unsigned* milliwatts) = nullptr;
  Return (*throttle_reasons)(nvml::Device, unsigned long long* bits) = nullptr;
  Return (*ecc_errors)(nvml::Device, unsigned type, unsigned counter, unsigned long long* count) = nullptr;
  Return (*mig_mode)(nvml::Device, unsigned* current, unsigned* pending) = nullptr;
  Return (*mig_device_limit)(nvml::Device, unsigned* count) = nullptr;
  Return (*mig_device)(nvml::Device, unsigned index, nvml::Device* part) = nullptr;
  Return (*gpu_instance)(nvml::Device part, unsigned* id) = nullptr;
  Return (*supported_events)(nvml::Device, unsigned long long* types) = nullptr;
  Return (*event_set_create)(nvml::EventSet*) = nullptr;
  Return (*register_events)(nvml::Device, unsigned long long types, nvml::EventSet) = nullptr;
  Return (*event_set_wait)(nvml::EventSet, nvml::EventData*, unsigned milliseconds) = nullptr;
};

/// Loads the library at `path`, a bare name ("libnvidia-ml.so.1") being looked up by the loader. It is never taken out
/// of the process again: it starts threads. `kNotFound` for one that is not there or not NVML. Thread-safe; reads files
/// and so may block as they do.
Result<NvmlLibrary> LoadNvml(const std::string& path);

/// "the GPU is lost (NVML error 15)".
std::string NvmlErrorText(nvml::Return code);

}  // namespace doclayout::health
