#include "model_setup.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "model/model_file.h"
#include "runtime/engine_factory.h"

namespace doclayout {
namespace {

Result<model::ModelFile> ReadModel(const config::InferenceConfig& config) {
  if (config.model_path.empty()) return model::ModelFile::Embedded();
  if (config.family.empty()) return model::ModelFile::Load(config.model_path);
  const auto family = model::ParseFamily(config.family);
  if (!family) return Fail(family.error());
  return model::ModelFile::Load(config.model_path, *family);
}

Result<runtime::EngineOptions> ReadOptions(const config::InferenceConfig& config, int slots, int niceness) {
  const auto precision = runtime::ParsePrecision(config.precision);
  if (!precision) return Fail(precision.error());
  const auto chosen = runtime::ParseRuntime(config.runtime);
  if (!chosen) return Fail(chosen.error());
  const auto device = runtime::ParseDevice(config.device);
  if (!device) return Fail(device.error());
  return runtime::EngineOptions{.runtime = *chosen,
                                .device = *device,
                                .precision = *precision,
                                .onnxruntime_path = config.onnxruntime_path,
                                .cache_dir = config.cache_dir,
                                .streams = config.streams > 0 ? config.streams : slots,
                                .threads = config.threads,
                                .niceness = niceness};
}

}  // namespace

Result<std::unique_ptr<LoadedModel>> LoadModel(const config::InferenceConfig& config, int slots, int niceness,
                                               const Clock& clock) {
  const auto options = ReadOptions(config, slots, niceness);
  if (!options) return Fail(options.error());
  Result<model::ModelFile> file = ReadModel(config);
  if (!file) return Fail(std::move(file.error()));
  auto engine = runtime::LoadEngine(*file, *options);
  if (!engine) {
    const Error& error = engine.error();
    if (error.code != ErrorCode::kBadModel || config.model_path.empty()) return Fail(error);
    return Fail(error.code, fmt::format("model file '{}': {}", config.model_path, error.message));
  }

  auto loaded = std::make_unique<LoadedModel>();
  loaded->card = file->card();
  loaded->engine = std::move(*engine);
  const int count = slots > 0 ? slots : loaded->engine->slots();
  for (int slot = 0; slot < count; ++slot) {
    auto session = loaded->engine->CreateSession();
    if (!session) return Fail(std::move(session.error()));
    loaded->pipelines.push_back(std::make_unique<pipeline::Pipeline>(std::move(*session), loaded->card, clock));
  }
  return loaded;
}

}  // namespace doclayout
