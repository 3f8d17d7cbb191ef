#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "model/model_card.h"
#include "model/model_file.h"
#include "runtime/session.h"

namespace doclayout {

/// A loaded model.
struct LoadedModel {
  model::ModelCard card;
  std::filesystem::path path;  ///< of the graph's file; empty: it is in the program
  std::unique_ptr<runtime::Engine> engine;
  int slots = 1;  ///< pages, or batches, to infer at once: as asked for, or the engine's best
};

/// Reads and checks the model that `spec` names as in `--model-path`; empty: the embedded one. `family` as in
/// `--family`.
Result<model::ModelFile> ReadModel(const std::string& spec, const std::string& family);

/// What is asked of an engine besides its model. Zeros: chosen by the program.
struct EngineWishes {
  int slots = 0;
  int batch = 0;     ///< pages of one inference
  int niceness = 0;  ///< added to the nice value of the threads that infer
};

/// Reads, checks, compiles and warms the model. Blocks for some hundred milliseconds.
///
/// `on_compile` is called when the file is read and the runtime's work begins; it may be empty.
Result<LoadedModel> LoadModel(const config::InferenceConfig& config, const EngineWishes& wishes,
                              const std::function<void()>& on_compile = {});

}  // namespace doclayout
