#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/model_file.h"
#include "runtime/device.h"
#include "runtime/precision.h"
#include "runtime/session.h"

namespace doclayout::runtime {

enum class Runtime { kAuto, kOpenVino, kOnnxRuntime };

/// "auto", "openvino" or "onnxruntime"; anything else is `kBadParameter`.
Result<Runtime> ParseRuntime(std::string_view name);

/// What a model is loaded with. Zero and empty: chosen.
struct EngineOptions {
  Runtime runtime = Runtime::kAuto;
  Device device;
  Precision precision = Precision::kFloat32;
  std::string onnxruntime_path;  ///< file or folder of its library; empty: looked for
  std::string cache_dir;         ///< folder for compiled models; empty: none are kept
  int streams = 0;               ///< inferences at once
  int threads = 0;               ///< that infer on the CPU, over all streams
  int niceness = 0;              ///< added to the nice value of the threads that infer
  int batch = 1;                 ///< pages of one inference
};

/// Loads a model where and with what the options say; the one way for programs to an engine.
///
/// OpenVINO infers on the CPU, ONNX Runtime on a GPU or, when it is asked for, on the CPU. `auto` takes a GPU that can
/// be used and else the CPU; a GPU that is there and cannot be used is in the engine's `note()`. A GPU that was asked
/// for is used, or `kBadParameter` says what is missing. Otherwise fails and blocks as `LoadOpenVino` and
/// `LoadOnnxRuntime` do.
Result<std::unique_ptr<Engine>> LoadEngine(const model::ModelFile& file, const EngineOptions& options);

}  // namespace doclayout::runtime
