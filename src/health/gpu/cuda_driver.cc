#include "health/gpu/cuda_driver.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace doclayout::health {
namespace {

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Result<CudaDriver> LoadCudaDriver(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* error = dlerror();
    return Fail(ErrorCode::kNotFound,
                fmt::format("CUDA's driver cannot be loaded: {}", error != nullptr ? error : path));
  }
  // It stays loaded: CUDA's driver ends badly when it is taken away.
  CudaDriver cuda;
  const bool found = Find(library, "cuInit", cuda.init) && Find(library, "cuDeviceGet", cuda.device) &&
                     Find(library, "cuDevicePrimaryCtxGetState", cuda.primary_context_state) &&
                     Find(library, "cuDevicePrimaryCtxRetain", cuda.primary_context_retain) &&
                     Find(library, "cuDevicePrimaryCtxRelease_v2", cuda.primary_context_release) &&
                     Find(library, "cuCtxSetCurrent", cuda.set_current) &&
                     Find(library, "cuMemGetInfo_v2", cuda.memory_info) &&
                     Find(library, "cuMemAlloc_v2", cuda.allocate) && Find(library, "cuMemFree_v2", cuda.free);
  if (!found) return Fail(ErrorCode::kNotFound, fmt::format("'{}' is not CUDA's driver, or too old a one", path));
  return cuda;
}

}  // namespace doclayout::health
