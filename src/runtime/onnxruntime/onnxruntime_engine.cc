#include "runtime/onnxruntime/onnxruntime_engine.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "base/cpu.h"
#include "runtime/onnxruntime/api.h"
#include "runtime/onnxruntime/gpu.h"
#include "runtime/onnxruntime/library.h"
#include "runtime/onnxruntime/onnxruntime_session.h"
#include "runtime/outputs.h"

namespace doclayout::runtime {
namespace {

class OnnxRuntimeEngine final : public Engine {
 public:
  /// `environment` is what the session in `model` lives in.
  OnnxRuntimeEngine(Ort::Env environment, std::shared_ptr<const OnnxRuntimeModel> model, std::string runtime,
                    bool on_gpu, int slots, int batch)
      : environment_(std::move(environment)),
        model_(std::move(model)),
        runtime_(std::move(runtime)),
        on_gpu_(on_gpu),
        slots_(slots),
        batch_(batch) {}

  int slots() const override { return slots_; }
  std::string runtime() const override { return runtime_; }
  bool on_gpu() const override { return on_gpu_; }

  Result<std::unique_ptr<Session>> CreateSession() override {
    try {
      return std::make_unique<OnnxRuntimeSession>(model_, batch_);
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kBadModel, fmt::format("no inference session could be made: {}", error.what()));
    }
  }

 private:
  Ort::Env environment_;
  std::shared_ptr<const OnnxRuntimeModel> model_;
  const std::string runtime_;
  const bool on_gpu_;
  const int slots_;
  const int batch_;
};

Ort::SessionOptions CpuSettings(const OnnxRuntimeOptions& options) {
  Ort::SessionOptions settings;
  settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
  settings.SetIntraOpNumThreads(options.threads > 0 ? options.threads : AvailableProcessors());
  settings.SetInterOpNumThreads(1);
  // Threads that spin between two pages take the processors from everything else, also when nothing is to be done.
  settings.AddConfigEntry("session.intra_op.allow_spinning", "0");
  return settings;
}

/// From its path where it has one: weights in files beside it are found from there.
Ort::Session OpenSession(Ort::Env& environment, const model::ModelFile& file, const Ort::SessionOptions& settings) {
  if (!file.path().empty()) return {environment, file.path().c_str(), settings};
  return {environment, file.bytes().data(), file.bytes().size(), settings};
}

Result<std::unique_ptr<Engine>> Load(const model::ModelFile& file, const OnnxRuntimeOptions& options) {
  const Result<OnnxRuntimeLibrary> library = LoadOnnxRuntimeLibrary(options.library);
  if (!library) return Fail(library.error());
  const bool gpu = options.device.kind == Device::Kind::kGpu;
  if (!gpu && options.precision == Precision::kBfloat16) {
    return Fail(ErrorCode::kBadParameter, "precision bf16 is not for ONNX Runtime; use f32 or auto");
  }
  try {
    // What goes wrong comes back as an error; nothing of it is written to standard error too.
    Ort::Env environment(ORT_LOGGING_LEVEL_FATAL, "doclayout");
    Ort::SessionOptions settings = CpuSettings(options);
    std::string provider = "CPU";
    if (gpu) {
      const auto used =
          UseGpu(*library, settings,
                 {.index = options.device.index, .precision = options.precision, .cache_dir = options.cache_dir});
      if (!used) return Fail(used.error());
      provider = *used;
    }
    auto loaded = std::make_shared<const OnnxRuntimeModel>(OpenSession(environment, file, settings), file.card());
    const int slots = options.streams > 0 ? options.streams : gpu ? 2 : 1;
    auto engine = std::make_unique<OnnxRuntimeEngine>(std::move(environment), std::move(loaded),
                                                      fmt::format("ONNX Runtime {} ({})", library->version, provider),
                                                      gpu, slots, options.batch);
    const auto session = engine->CreateSession();
    if (!session) return Fail(session.error());
    if (auto warm = WarmUp(**session, file.card()); !warm) return Fail(std::move(warm.error()));
    return engine;
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kBadModel, fmt::format("the runtime cannot load the model: {}", error.what()));
  }
}

}  // namespace

Result<std::unique_ptr<Engine>> LoadOnnxRuntime(const model::ModelFile& file, const OnnxRuntimeOptions& options) {
  Result<std::unique_ptr<Engine>> engine = Fail(ErrorCode::kInternal, "the model was not loaded");
  // The runtime starts its threads while it loads, and a thread inherits its creator's nice value.
  std::thread loader([&] {
    LowerThreadPriority(options.niceness);
    engine = Load(file, options);
  });
  loader.join();
  return engine;
}

}  // namespace doclayout::runtime
