#include "model_setup.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/engine_factory.h"

namespace doclayout {
namespace {

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

Result<model::ModelFile> ReadModel(const std::string& spec, const std::string& family) {
  if (spec.empty()) return model::ModelFile::Embedded();
  if (family.empty()) return model::ModelFile::Load(spec);
  const auto parsed = model::ParseFamily(family);
  if (!parsed) return Fail(parsed.error());
  return model::ModelFile::Load(spec, *parsed);
}

Result<std::unique_ptr<LoadedModel>> LoadModel(const config::InferenceConfig& config, int slots, int niceness,
                                               const Clock& clock) {
  const auto options = ReadOptions(config, slots, niceness);
  if (!options) return Fail(options.error());
  Result<model::ModelFile> file = ReadModel(config.model_path, config.family);
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
