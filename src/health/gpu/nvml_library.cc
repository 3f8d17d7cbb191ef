#include "health/gpu/nvml_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>

namespace doclayout::health {
namespace {

using nvml::Return;

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

void FindOptional(void* library, NvmlLibrary& nvml) {
  Find(library, "nvmlShutdown", nvml.shutdown);
  Find(library, "nvmlSystemGetDriverVersion", nvml.driver_version);
  Find(library, "nvmlDeviceGetName", nvml.name);
  Find(library, "nvmlDeviceGetUUID", nvml.uuid);
  Find(library, "nvmlDeviceGetMemoryInfo", nvml.memory);
  // Version 2 gives the same structure. What came before them does not.
  if (!Find(library, "nvmlDeviceGetComputeRunningProcesses_v3", nvml.processes)) {
    Find(library, "nvmlDeviceGetComputeRunningProcesses_v2", nvml.processes);
  }
  Find(library, "nvmlDeviceGetUtilizationRates", nvml.utilization);
  Find(library, "nvmlDeviceGetTemperature", nvml.temperature);
  Find(library, "nvmlDeviceGetTemperatureThreshold", nvml.temperature_threshold);
  Find(library, "nvmlDeviceGetPowerUsage", nvml.power);
  Find(library, "nvmlDeviceGetEnforcedPowerLimit", nvml.power_limit);
  // Renamed in 535; the old name still stands in newer drivers, and may go.
  if (!Find(library, "nvmlDeviceGetCurrentClocksEventReasons", nvml.throttle_reasons)) {
    Find(library, "nvmlDeviceGetCurrentClocksThrottleReasons", nvml.throttle_reasons);
  }
  Find(library, "nvmlDeviceGetTotalEccErrors", nvml.ecc_errors);
  Find(library, "nvmlDeviceGetMigMode", nvml.mig_mode);
  Find(library, "nvmlDeviceGetMaxMigDeviceCount", nvml.mig_device_limit);
  Find(library, "nvmlDeviceGetMigDeviceHandleByIndex", nvml.mig_device);
  Find(library, "nvmlDeviceGetGpuInstanceId", nvml.gpu_instance);
  Find(library, "nvmlDeviceGetSupportedEventTypes", nvml.supported_events);
  Find(library, "nvmlEventSetCreate", nvml.event_set_create);
  Find(library, "nvmlDeviceRegisterEvents", nvml.register_events);
  Find(library, "nvmlEventSetWait_v2", nvml.event_set_wait);
}

std::string_view Meaning(Return code) {
  switch (code) {
    case Return::kSuccess:
      return "no error";
    case Return::kUninitialized:
      return "NVML was shut down";
    case Return::kNotSupported:
      return "this GPU or driver does not support it";
    case Return::kNoPermission:
      return "this user may not ask";
    case Return::kNotFound:
    case Return::kGpuNotFound:
      return "there is no such GPU";
    case Return::kDriverNotLoaded:
      return "NVIDIA's kernel driver is not loaded";
    case Return::kFunctionNotFound:
      return "this driver has no such function";
    case Return::kGpuIsLost:
      return "the GPU is lost";
    case Return::kResetRequired:
      return "the GPU needs a reset";
    case Return::kVersionMismatch:
      return "the library and the kernel driver are of different versions, as after an update without a restart";
    default:
      return "an error of the driver";
  }
}

}  // namespace

Result<NvmlLibrary> LoadNvml(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* error = dlerror();
    return Fail(ErrorCode::kNotFound, fmt::format("NVML cannot be loaded: {}", error != nullptr ? error : path));
  }
  NvmlLibrary nvml;
  const bool found = Find(library, "nvmlInit_v2", nvml.init) &&
                     Find(library, "nvmlDeviceGetCount_v2", nvml.device_count) &&
                     Find(library, "nvmlDeviceGetHandleByIndex_v2", nvml.device_by_index);
  if (!found) {
    // Not NVML, so nothing of it runs.
    dlclose(library);
    return Fail(ErrorCode::kNotFound, fmt::format("'{}' is not NVML", path));
  }
  FindOptional(library, nvml);
  return nvml;
}

std::string NvmlErrorText(Return code) {
  return fmt::format("{} (NVML error {})", Meaning(code), static_cast<int>(code));
}

}  // namespace doclayout::health
