#pragma once

#include <string>

#include "base/result.h"
#include "runtime/onnxruntime/api.h"
#include "runtime/onnxruntime/library.h"
#include "runtime/precision.h"

namespace doclayout::runtime {

/// How to infer on a GPU.
struct GpuOptions {
  int index = 0;
  Precision precision = Precision::kFloat32;  ///< `kAuto` allows TF32; bfloat16 is refused
  std::string cache_dir;                      ///< for TensorRT's engines
};

/// Has a session use the GPU, and says through what: "TensorRT, CUDA" or "CUDA".
///
/// TensorRT builds its engine for minutes and is used when its library can be loaded and there is a folder to keep the
/// engine in. What a provider cannot do, the next one does. `kBadParameter` that names what is missing: the driver, the
/// GPU of that number, CUDA in this build of ONNX Runtime, or a library that its CUDA provider needs. Throws
/// `Ort::Exception` when an option is refused.
Result<std::string> UseGpu(const OnnxRuntimeLibrary& library, Ort::SessionOptions& session, const GpuOptions& options);

}  // namespace doclayout::runtime
