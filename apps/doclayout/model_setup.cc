#include "model_setup.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "model/model_file.h"
#include "runtime/openvino/openvino_engine.h"

namespace doclayout {

Result<std::unique_ptr<LoadedModel>> LoadModel(const config::InferenceConfig& config, int slots, int niceness,
                                               const Clock& clock) {
  const auto precision = runtime::ParsePrecision(config.precision);
  if (!precision) return Fail(precision.error());
  std::optional<model::Family> family;
  if (!config.family.empty()) {
    const auto parsed = model::ParseFamily(config.family);
    if (!parsed) return Fail(parsed.error());
    family = *parsed;
  }
  Result<model::ModelFile> file =
      config.model_path.empty() ? model::ModelFile::Embedded() : model::ModelFile::Load(config.model_path, family);
  if (!file) return Fail(std::move(file.error()));

  const runtime::OpenVinoOptions options{.precision = *precision,
                                         .threads = config.threads,
                                         .streams = config.streams > 0 ? config.streams : slots,
                                         .niceness = niceness,
                                         .cache_dir = config.cache_dir};
  auto engine = runtime::LoadOpenVino(*file, options);
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
