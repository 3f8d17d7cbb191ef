#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "model/model_card.h"
#include "model/model_file.h"
#include "pipeline/pipeline.h"
#include "runtime/session.h"

namespace doclayout {

/// A loaded model and what runs on it. The pipelines borrow card and engine: keep this whole.
struct LoadedModel {
  model::ModelCard card;
  std::unique_ptr<runtime::Engine> engine;
  std::vector<std::unique_ptr<pipeline::Pipeline>> pipelines;  ///< one a slot
};

/// Reads and checks the model that `spec` names as in `--model-path`; empty: the embedded one. `family` as in
/// `--family`.
Result<model::ModelFile> ReadModel(const std::string& spec, const std::string& family);

/// Reads, checks, compiles and warms the model, and makes `slots` pipelines (0: as many as the engine runs at once).
/// Blocks for some hundred milliseconds. `niceness` is added to the nice value of the threads that infer.
Result<std::unique_ptr<LoadedModel>> LoadModel(const config::InferenceConfig& config, int slots, int niceness,
                                               const Clock& clock);

}  // namespace doclayout
