#pragma once

#include <cstdint>

/// What this project uses of NVML's binary interface, under the names of its reference,
/// https://docs.nvidia.com/deploy/nvml-api/, without their prefixes. The library is loaded at run time and its header
/// is not needed to build.
namespace doclayout::health::nvml {

/// nvmlReturn_t. Others than these are possible.
enum class Return : int {
  kSuccess = 0,
  kUninitialized = 1,
  kInvalidArgument = 2,
  kNotSupported = 3,
  kNoPermission = 4,
  kNotFound = 6,
  kInsufficientSize = 7,
  kDriverNotLoaded = 9,
  kTimeout = 10,
  kFunctionNotFound = 13,
  kGpuIsLost = 15,
  kResetRequired = 16,
  kVersionMismatch = 18,
  kGpuNotFound = 28,
  kUnknown = 999,
};

struct DeviceHandle;
using Device = DeviceHandle*;
struct EventSetHandle;
using EventSet = EventSetHandle*;

/// nvmlMemory_t, bytes. What the driver keeps for itself is in `used`.
struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

/// nvmlUtilization_t, percent.
struct Utilization {
  unsigned gpu;
  unsigned memory;
};

/// nvmlProcessInfo_t as of the functions' versions 2 and 3.
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_gpu_memory;  ///< bytes, or `kNotAvailable`
  unsigned gpu_instance_id;
  unsigned compute_instance_id;
};

/// nvmlEventData_t.
struct EventData {
  Device device;
  unsigned long long event_type;
  unsigned long long event_data;  ///< the Xid; 999 for one that is not known
  unsigned gpu_instance_id;       ///< whose MIG part it befell, or `kNoInstance`
  unsigned compute_instance_id;
};

static_assert(sizeof(Memory) == 24 && sizeof(Utilization) == 8 && sizeof(ProcessInfo) == 24 && sizeof(EventData) == 32);

inline constexpr unsigned long long kNotAvailable = ~0ULL;
inline constexpr unsigned kNoInstance = 0xFFFFFFFF;

inline constexpr unsigned kTemperatureGpu = 0;     // nvmlTemperatureSensors_t
inline constexpr unsigned kThresholdShutdown = 0;  // nvmlTemperatureThresholds_t
inline constexpr unsigned kThresholdSlowdown = 1;
inline constexpr unsigned kMemoryErrorCorrected = 0;  // nvmlMemoryErrorType_t
inline constexpr unsigned kMemoryErrorUncorrected = 1;
inline constexpr unsigned kVolatileEcc = 0;  // nvmlEccCounterType_t: since the driver was loaded
inline constexpr unsigned kMigEnabled = 1;
inline constexpr unsigned long long kEventXidCritical = 0x8;

inline constexpr unsigned kTextSize = 96;  ///< holds a name, a UUID and a version

}  // namespace doclayout::health::nvml
