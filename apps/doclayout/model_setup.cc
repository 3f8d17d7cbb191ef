#include "model_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine_seam.h"
#include "runtime/engine_factory.h"

namespace doclayout {
namespace {

Result<runtime::EngineOptions> ReadOptions(const config::InferenceConfig& config, const EngineWishes& wishes) {
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
                                .streams = config.streams > 0 ? config.streams : wishes.slots,
                                .threads = config.threads,
                                .niceness = wishes.niceness,
                                .batch = std::max(1, wishes.batch)};
}

}  // namespace

Result<model::ModelFile> ReadModel(const std::string& spec, const std::string& family) {
  if (spec.empty()) return model::ModelFile::Embedded();
  if (family.empty()) return model::ModelFile::Load(spec);
  const auto parsed = model::ParseFamily(family);
  if (!parsed) return Fail(parsed.error());
  return model::ModelFile::Load(spec, *parsed);
}

Result<LoadedModel> LoadModel(const config::InferenceConfig& config, const EngineWishes& wishes,
                              const std::function<void()>& on_compile) {
  const auto options = ReadOptions(config, wishes);
  if (!options) return Fail(options.error());
  Result<model::ModelFile> file = ReadModel(config.model_path, config.family);
  if (!file) return Fail(std::move(file.error()));
  if (on_compile) on_compile();
  auto engine = runtime::LoadEngine(*file, *options);
  if (!engine) {
    Error error = std::move(engine.error());
    if (error.code != ErrorCode::kBadModel) return Fail(std::move(error));
    if (wishes.batch > 1) {
      error.message += fmt::format("; it was asked for batches of {} pages (--max-batch-size): try 1", wishes.batch);
    }
    if (config.model_path.empty()) return Fail(std::move(error));
    return Fail(error.code, fmt::format("model file '{}': {}", config.model_path, error.message));
  }
  const int slots = wishes.slots > 0 ? wishes.slots : (*engine)->slots();
  return LoadedModel{
      .card = file->card(), .path = file->path(), .engine = ThroughSeam(std::move(*engine)), .slots = slots};
}

}  // namespace doclayout
