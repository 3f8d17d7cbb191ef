#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/model_file.h"
#include "runtime/device.h"
#include "runtime/precision.h"
#include "runtime/session.h"

namespace doclayout::runtime {

struct OnnxRuntimeOptions {
  std::string library;                        ///< file or folder; empty: looked for (library.h)
  Device device{.kind = Device::Kind::kCpu};  ///< not `kAuto`
  Precision precision = Precision::kFloat32;
  int threads = 0;        ///< that infer on the CPU, over all streams; 0: as many as this process may use processors
  int streams = 0;        ///< inferences at once; 0: 1 on the CPU, 2 on a GPU
  int niceness = 0;       ///< added to the nice value of the threads that infer
  int batch = 1;          ///< pages of one inference
  std::string cache_dir;  ///< folder for TensorRT's engines; empty: TensorRT is not used
};

/// Loads a model with ONNX Runtime, whose library is loaded for it, and infers once to warm and to check it. Blocks:
/// for seconds, and with TensorRT for minutes the first time.
///
/// `file` is not needed after. `kBadModel` when the runtime cannot load the graph, or when what that first inference
/// gives is not as the model card says. `kBadParameter` when there is no usable library, or a GPU was asked for and
/// cannot be had: the message names what is missing, and nothing falls back to the CPU.
Result<std::unique_ptr<Engine>> LoadOnnxRuntime(const model::ModelFile& file, const OnnxRuntimeOptions& options);

}  // namespace doclayout::runtime
