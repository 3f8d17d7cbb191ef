// A libcuda.so without a GPU, for tests: build/…/libfake_cuda.so. FAKE_CUDA says what it plays (scenario.h):
//
//   healthy        8 GiB, 4 of them free (free_mib=), in one piece
//   fragmented     free, but in pieces of 20 MiB (piece_mib=)
//   broken         every allocation fails, as after a kernel that crashed
//   hanging        no call comes back until the scenario is another one
//   absent         the driver has no GPU
//   unused         this process has no context on it

#include <array>
#include <atomic>
#include <cstddef>

#include "health/gpu/cuda_driver.h"
#include "health/gpu/testing/scenario.h"

namespace doclayout::health {

struct CudaContextHandle {};

namespace {

constexpr std::size_t kMebibyte = 1 << 20;

struct Fake {
  Scenario scenario{"FAKE_CUDA"};
  CudaContextHandle context;
  std::atomic<long> held = 0;  ///< blocks and contexts
};

// Never destroyed: a thread that hangs in it outlives the program's statics.
Fake& TheFake() {
  static Fake& fake = *new Fake;
  return fake;
}

thread_local CudaContext current = nullptr;

bool Is(const char* scenario) {
  return TheFake().scenario.Is(scenario);
}

std::size_t Free() {
  return TheFake().scenario.Value("free_mib", 4096) * kMebibyte;
}

}  // namespace
}  // namespace doclayout::health

using namespace doclayout::health;  // NOLINT(google-build-using-namespace): what follows is CUDA's, not ours

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
extern "C" {

/// For tests: what was taken and not given back.
long fake_cuda_held() {
  return TheFake().held;
}

CudaReturn cuInit(unsigned) {
  TheFake().scenario.Gate();
  return Is("absent") ? CudaReturn::kNoDevice : CudaReturn::kSuccess;
}

CudaReturn cuDeviceGet(CudaDevice* device, int index) {
  TheFake().scenario.Gate();
  *device = index;
  return index == 0 ? CudaReturn::kSuccess : CudaReturn::kInvalidDevice;
}

CudaReturn cuDevicePrimaryCtxGetState(CudaDevice, unsigned* flags, int* active) {
  TheFake().scenario.Gate();
  *flags = 0;
  *active = Is("unused") ? 0 : 1;
  return CudaReturn::kSuccess;
}

CudaReturn cuDevicePrimaryCtxRetain(CudaContext* context, CudaDevice) {
  TheFake().scenario.Gate();
  ++TheFake().held;
  *context = &TheFake().context;
  return CudaReturn::kSuccess;
}

CudaReturn cuDevicePrimaryCtxRelease_v2(CudaDevice) {
  TheFake().scenario.Gate();
  --TheFake().held;
  return CudaReturn::kSuccess;
}

CudaReturn cuCtxSetCurrent(CudaContext context) {
  TheFake().scenario.Gate();
  current = context;
  return CudaReturn::kSuccess;
}

CudaReturn cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  TheFake().scenario.Gate();
  if (current == nullptr) return CudaReturn::kInvalidValue;
  *free = Free();
  *total = 8192 * kMebibyte;
  return CudaReturn::kSuccess;
}

CudaReturn cuMemAlloc_v2(CudaPointer* block, std::size_t bytes) {
  Fake& fake = TheFake();
  fake.scenario.Gate();
  if (current == nullptr) return CudaReturn::kInvalidValue;
  if (Is("broken")) return CudaReturn::kIllegalAddress;
  if (Is("fragmented") && bytes > fake.scenario.Value("piece_mib", 20) * kMebibyte) return CudaReturn::kOutOfMemory;
  if (bytes > Free()) return CudaReturn::kOutOfMemory;
  ++fake.held;
  *block = 0x7f0000000000ULL;
  return CudaReturn::kSuccess;
}

CudaReturn cuMemFree_v2(CudaPointer) {
  TheFake().scenario.Gate();
  --TheFake().held;
  return CudaReturn::kSuccess;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
