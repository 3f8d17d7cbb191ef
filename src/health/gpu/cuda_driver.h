#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace doclayout::health {

/// CUresult, by its numbers in https://docs.nvidia.com/cuda/cuda-driver-api/. Others than these are possible.
enum class CudaReturn : int {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kIllegalAddress = 700,
};

struct CudaContextHandle;
using CudaContext = CudaContextHandle*;
using CudaDevice = int;
using CudaPointer = unsigned long long;

/// What this module uses of CUDA's driver interface. A plain value; all functions are there.
struct CudaDriver {
  CudaReturn (*init)(unsigned flags) = nullptr;
  CudaReturn (*device)(CudaDevice*, int index) = nullptr;
  CudaReturn (*primary_context_state)(CudaDevice, unsigned* flags, int* active) = nullptr;
  CudaReturn (*primary_context_retain)(CudaContext*, CudaDevice) = nullptr;
  CudaReturn (*primary_context_release)(CudaDevice) = nullptr;
  CudaReturn (*set_current)(CudaContext) = nullptr;
  CudaReturn (*memory_info)(std::size_t* free, std::size_t* total) = nullptr;
  CudaReturn (*allocate)(CudaPointer*, std::size_t bytes) = nullptr;
  CudaReturn (*free)(CudaPointer) = nullptr;
};

/// Loads the library at `path`, a bare name ("libcuda.so.1") being looked up by the loader; it stays. `kNotFound` for
/// one that is not there, is not CUDA's, or lacks a function. Thread-safe; reads files and so may block as they do.
Result<CudaDriver> LoadCudaDriver(const std::string& path);

}  // namespace doclayout::health
