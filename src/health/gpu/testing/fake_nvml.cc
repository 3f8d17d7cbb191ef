// A libnvidia-ml.so without a GPU, for tests: build/…/libfake_nvml.so. FAKE_NVML says what it plays (scenario.h):
//
//   healthy        two GPUs of 8 GiB, a quarter full (used_mib=, processes=)
//   hot            97 °C (temperature=)
//   throttled      the hardware slows it down for its heat (reasons=)
//   leaking        each reading of the memory finds 512 MiB more in use
//   full           95 % of the memory in use (used_mib=)
//   out-of-memory  64 MiB free
//   lost           every call about a GPU says GPU_IS_LOST; with reset=1, that it needs a reset
//   failing        every call about a GPU says UNKNOWN
//   hanging        no call comes back until the scenario is another one
//   absent         the driver is not loaded
//   no-device      the driver has no GPU
//   mig            the first GPU is divided in two, of 2 GiB each; it tells nothing of the whole's memory
//   ecc            3 uncorrected and 12 corrected errors more than before (uncorrected=, corrected=)
//   xid            one Xid error each time that the text becomes this (xid=, instance=)
//   consumer       no ECC, no power, no events, as with cards for games
//   container      the one process on it has a number of another namespace; with untold=1, no memory either
//
// FAKE_NVML_OLD leaves out what the drivers of 2018 do not have.

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <string>

#include "health/gpu/nvml_api.h"
#include "health/gpu/testing/scenario.h"

namespace doclayout::health::nvml {

/// A GPU, or a part of one.
struct DeviceHandle {
  const char* name;
  const char* uuid;
  bool part;
  unsigned instance;
};

struct EventSetHandle {
  std::atomic<int> told = 0;  ///< the number of the text whose event was handed out
};

namespace {

constexpr unsigned long long kMebibyte = 1 << 20;
constexpr unsigned long long kTotal = 8192 * kMebibyte;
constexpr unsigned long long kPartTotal = 2048 * kMebibyte;

std::array boards = {DeviceHandle{"Fake GPU", "GPU-aaaaaaaa-0000-0000-0000-000000000000", false, kNoInstance},
                     DeviceHandle{"Other fake GPU", "GPU-bbbbbbbb-0000-0000-0000-000000000000", false, kNoInstance}};
[[maybe_unused]] std::array parts = {
    DeviceHandle{"Fake GPU MIG 1g.2gb", "MIG-cccccccc-0000-0000-0000-000000000000", true, 7},
    DeviceHandle{"Fake GPU MIG 1g.2gb", "MIG-dddddddd-0000-0000-0000-000000000000", true, 8}};

struct Fake {
  Scenario scenario{"FAKE_NVML"};
  std::atomic<int> initialised = 0;
  std::atomic<int> leak_number = 0;
  std::atomic<unsigned long long> leaks = 0;
  EventSetHandle events;
};

// Never destroyed: a thread that hangs in it outlives the program's statics.
Fake& TheFake() {
  static Fake& fake = *new Fake;
  return fake;
}

/// What every call about a GPU begins with.
Return Begin() {
  Fake& fake = TheFake();
  fake.scenario.Gate();
  if (fake.initialised == 0) return Return::kUninitialized;
  if (fake.scenario.Is("lost")) {
    return fake.scenario.Value("reset", 0) == 1 ? Return::kResetRequired : Return::kGpuIsLost;
  }
  return fake.scenario.Is("failing") ? Return::kUnknown : Return::kSuccess;
}

bool Is(const char* scenario) {
  return TheFake().scenario.Is(scenario);
}

unsigned long long Value(const char* name, unsigned long long otherwise) {
  return TheFake().scenario.Value(name, otherwise);
}

template <typename T>
Return Say(T* answer, T value) {
  const Return begun = Begin();
  if (begun == Return::kSuccess) *answer = value;
  return begun;
}

Return SayText(const char* text, char* answer, unsigned size) {
  const Return begun = Begin();
  if (begun == Return::kSuccess) std::snprintf(answer, size, "%s", text);
  return begun;
}

unsigned long long Used(unsigned long long total) {
  Fake& fake = TheFake();
  unsigned long long used = total / 4;
  if (Is("full")) used = total / 100 * 95;
  if (Is("out-of-memory")) used = total - 64 * kMebibyte;
  if (Is("leaking")) {
    const int number = fake.scenario.number();
    if (fake.leak_number.exchange(number) != number) fake.leaks = 0;
    used += fake.leaks++ * 512 * kMebibyte;
  }
  used = Value("used_mib", used / kMebibyte) * kMebibyte;
  return used < total ? used : total;
}

}  // namespace
}  // namespace doclayout::health::nvml

using namespace doclayout::health::nvml;  // NOLINT(google-build-using-namespace): what follows is NVML's, not ours

// NOLINTBEGIN(readability-identifier-naming): NVML's names
extern "C" {

Return nvmlInit_v2() {
  TheFake().scenario.Gate();
  if (Is("absent")) return Return::kDriverNotLoaded;
  ++TheFake().initialised;
  return Return::kSuccess;
}

Return nvmlShutdown() {
  TheFake().scenario.Gate();
  --TheFake().initialised;
  return Return::kSuccess;
}

Return nvmlDeviceGetCount_v2(unsigned* count) {
  TheFake().scenario.Gate();
  *count = Is("no-device") ? 0 : boards.size();
  return Return::kSuccess;
}

Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* device) {
  if (index >= boards.size() || Is("no-device")) return Return::kInvalidArgument;
  return Say(device, &boards[index]);
}

Return nvmlDeviceGetMemoryInfo(Device device, Memory* memory) {
  if (const Return begun = Begin(); begun != Return::kSuccess) return begun;
  if (Is("mig") && !device->part && device == boards.data()) return Return::kNoPermission;
  const unsigned long long total = device->part ? kPartTotal : kTotal;
  const unsigned long long used = Used(total);
  *memory = {.total = total, .free = total - used, .used = used};
  return Return::kSuccess;
}

Return nvmlDeviceGetUUID(Device device, char* text, unsigned size) {
  return SayText(device->uuid, text, size);
}

Return nvmlDeviceGetName(Device device, char* text, unsigned size) {
  return SayText(device->name, text, size);
}

Return nvmlDeviceGetTemperature(Device, unsigned, unsigned* celsius) {
  return Say(celsius, static_cast<unsigned>(Value("temperature", Is("hot") ? 97 : 45)));
}

#ifndef FAKE_NVML_OLD

Return nvmlSystemGetDriverVersion(char* text, unsigned size) {
  TheFake().scenario.Gate();
  std::snprintf(text, size, "570.86.15");
  return Return::kSuccess;
}

Return nvmlDeviceGetUtilizationRates(Device, Utilization* rates) {
  if (Is("mig")) return Return::kNotSupported;
  return Say(rates, {.gpu = 37, .memory = 12});
}

Return nvmlDeviceGetTemperatureThreshold(Device, unsigned threshold, unsigned* celsius) {
  return Say(celsius, threshold == kThresholdShutdown ? 98U : 93U);
}

Return nvmlDeviceGetPowerUsage(Device, unsigned* milliwatts) {
  return Is("consumer") ? Return::kNotSupported : Say(milliwatts, 61500U);
}

Return nvmlDeviceGetEnforcedPowerLimit(Device, unsigned* milliwatts) {
  return Is("consumer") ? Return::kNotSupported : Say(milliwatts, 72000U);
}

Return nvmlDeviceGetCurrentClocksThrottleReasons(Device, unsigned long long* reasons) {
  return Say(reasons, Value("reasons", Is("throttled") ? 0x48 : 0x1));
}

Return nvmlDeviceGetTotalEccErrors(Device, unsigned type, unsigned, unsigned long long* count) {
  if (Is("consumer")) return Return::kNotSupported;
  if (type == kMemoryErrorUncorrected) return Say(count, Value("uncorrected", Is("ecc") ? 3 : 0));
  return Say(count, Value("corrected", Is("ecc") ? 17 : 5));
}

Return nvmlDeviceGetComputeRunningProcesses_v3(Device, unsigned* count, ProcessInfo* processes) {
  if (const Return begun = Begin(); begun != Return::kSuccess) return begun;
  const auto own = static_cast<unsigned>(getpid());
  if (Is("container")) {
    *count = 1;
    // Above every number that Linux gives.
    processes[0] = {0x7FFFFFF0, Value("untold", 0) == 1 ? kNotAvailable : 700 * kMebibyte, kNoInstance, kNoInstance};
    return Return::kSuccess;
  }
  const auto there = static_cast<unsigned>(Value("processes", 3));
  const bool fits = *count >= there;
  *count = there;
  if (!fits) return Return::kInsufficientSize;
  for (unsigned i = 0; i < there; ++i) processes[i] = {1, 300 * kMebibyte, kNoInstance, kNoInstance};
  processes[0] = {own, 900 * kMebibyte, kNoInstance, kNoInstance};
  processes[there - 1] = {own, 100 * kMebibyte, kNoInstance, kNoInstance};
  return Return::kSuccess;
}

Return nvmlDeviceGetMigMode(Device device, unsigned* current, unsigned* pending) {
  *pending = 0;
  return Say(current, Is("mig") && device == boards.data() ? kMigEnabled : 0U);
}

Return nvmlDeviceGetMaxMigDeviceCount(Device, unsigned* count) {
  return Say(count, 4U);
}

Return nvmlDeviceGetMigDeviceHandleByIndex(Device, unsigned index, Device* part) {
  // Numbers 0 and 2 have no part.
  if (index % 2 == 0) return Return::kNotFound;
  return Say(part, &parts[index / 2]);
}

Return nvmlDeviceGetGpuInstanceId(Device part, unsigned* id) {
  return Say(id, part->instance);
}

Return nvmlDeviceGetSupportedEventTypes(Device, unsigned long long* types) {
  return Say(types, Is("consumer") ? 0ULL : 0x1FULL);
}

Return nvmlEventSetCreate(EventSet* events) {
  return Say(events, &TheFake().events);
}

Return nvmlDeviceRegisterEvents(Device, unsigned long long, EventSet) {
  return Begin();
}

Return nvmlEventSetWait_v2(EventSet events, EventData* event, unsigned) {
  if (const Return begun = Begin(); begun != Return::kSuccess) return begun;
  const int number = TheFake().scenario.number();
  if (!Is("xid") || events->told.exchange(number) == number) return Return::kTimeout;
  *event = {.device = boards.data(),
            .event_type = kEventXidCritical,
            .event_data = Value("xid", 79),
            .gpu_instance_id = static_cast<unsigned>(Value("instance", kNoInstance)),
            .compute_instance_id = kNoInstance};
  return Return::kSuccess;
}

#endif  // FAKE_NVML_OLD

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
