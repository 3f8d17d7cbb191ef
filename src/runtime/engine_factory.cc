#include "runtime/engine_factory.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/onnxruntime/gpu_count.h"
#include "runtime/onnxruntime/onnxruntime_engine.h"
#include "runtime/openvino/openvino_engine.h"

namespace doclayout::runtime {
namespace {

/// An engine with something to say about how it came to be chosen.
class NotedEngine final : public Engine {
 public:
  NotedEngine(std::unique_ptr<Engine> engine, std::string note) : engine_(std::move(engine)), note_(std::move(note)) {}

  int slots() const override { return engine_->slots(); }
  std::string runtime() const override { return engine_->runtime(); }
  std::string note() const override {
    const std::string own = engine_->note();
    return own.empty() ? note_ : note_ + "; " + own;
  }
  Result<std::unique_ptr<Session>> CreateSession() override { return engine_->CreateSession(); }

 private:
  const std::unique_ptr<Engine> engine_;
  const std::string note_;
};

Result<std::unique_ptr<Engine>> WithOpenVino(const model::ModelFile& file, const EngineOptions& options) {
  return LoadOpenVino(file, {.precision = options.precision,
                             .threads = options.threads,
                             .streams = options.streams,
                             .niceness = options.niceness,
                             .batch = options.batch,
                             .cache_dir = options.cache_dir});
}

Result<std::unique_ptr<Engine>> WithOnnxRuntime(const model::ModelFile& file, const EngineOptions& options,
                                                Device device) {
  return LoadOnnxRuntime(file, {.library = options.onnxruntime_path,
                                .device = device,
                                .precision = options.precision,
                                .threads = options.threads,
                                .streams = options.streams,
                                .niceness = options.niceness,
                                .batch = options.batch,
                                .cache_dir = options.cache_dir});
}

Result<std::unique_ptr<Engine>> OnCpu(const model::ModelFile& file, const EngineOptions& options) {
  if (options.runtime != Runtime::kOnnxRuntime) return WithOpenVino(file, options);
  return WithOnnxRuntime(file, options, {.kind = Device::Kind::kCpu});
}

/// The GPU if there is one. What keeps it from being used is worth a word only then.
Result<std::unique_ptr<Engine>> Anywhere(const model::ModelFile& file, const EngineOptions& options) {
  if (options.runtime == Runtime::kOpenVino || options.precision == Precision::kBfloat16 || !CountGpus()) {
    return OnCpu(file, options);
  }
  auto on_gpu = WithOnnxRuntime(file, options, {.kind = Device::Kind::kGpu});
  if (on_gpu) return on_gpu;
  auto on_cpu = OnCpu(file, options);
  if (!on_cpu) return on_cpu;
  return std::make_unique<NotedEngine>(std::move(*on_cpu),
                                       fmt::format("the GPU is not used: {}", on_gpu.error().message));
}

}  // namespace

Result<Runtime> ParseRuntime(std::string_view name) {
  if (name == "auto") return Runtime::kAuto;
  if (name == "openvino") return Runtime::kOpenVino;
  if (name == "onnxruntime") return Runtime::kOnnxRuntime;
  return Fail(ErrorCode::kBadParameter, fmt::format("runtime '{}' is not one of auto, openvino, onnxruntime", name));
}

Result<std::unique_ptr<Engine>> LoadEngine(const model::ModelFile& file, const EngineOptions& options) {
  switch (options.device.kind) {
    case Device::Kind::kCpu:
      return OnCpu(file, options);
    case Device::Kind::kGpu:
      if (options.runtime == Runtime::kOpenVino) {
        return Fail(ErrorCode::kBadParameter,
                    "openvino infers on the CPU; for a GPU take runtime onnxruntime, or auto");
      }
      return WithOnnxRuntime(file, options, options.device);
    case Device::Kind::kAuto:
      break;
  }
  return Anywhere(file, options);
}

}  // namespace doclayout::runtime
