#include "runtime/onnxruntime/gpu_count.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string>

namespace doclayout::runtime {
namespace {

constexpr const char* kDriver = "libcuda.so.1";

tl::unexpected<Error> NoGpu(const std::string& why) {
  return Fail(ErrorCode::kBadParameter, "no GPU can be used: " + why);
}

}  // namespace

Result<int> CountGpus() {
  // It stays loaded: it is no use without, and ends badly when it is taken away.
  void* driver = dlopen(kDriver, RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return NoGpu(fmt::format("NVIDIA's driver is not here: {}", dlerror()));
  const auto initialise = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto get_count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  if (initialise == nullptr || get_count == nullptr) {
    return NoGpu(fmt::format("{} is not NVIDIA's driver", kDriver));
  }
  int count = 0;
  int failure = initialise(0);
  if (failure == 0) failure = get_count(&count);
  if (failure != 0) return NoGpu(fmt::format("NVIDIA's driver does not start: CUDA error {}", failure));
  if (count == 0) return NoGpu("NVIDIA's driver finds none");
  return count;
}

}  // namespace doclayout::runtime
