#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "golden_file.h"
#include "http/analyze/page_service.h"
#include "model_setup.h"
#include "pipeline/session_pool.h"
#include "pipeline/stages.h"

namespace doclayout {

/// A loaded model as `http::ScheduledPages` uses one. Thread-safe.
class ServedModel {
 public:
  using Input = pipeline::ModelInput;
  using Output = pipeline::ModelOutput;

  /// Blocks while sessions are made; `kInternal` when one cannot be. `golden_file` and `named` as for `LoadGolden`.
  static Result<std::shared_ptr<ServedModel>> Create(LoadedModel loaded, const std::string& golden_file,
                                                     NamedGolden named);

  const model::ModelCard& card() const { return loaded_.card; }
  const runtime::Engine& engine() const { return *loaded_.engine; }
  int slots() const { return loaded_.slots; }
  int batch() const { return batch_; }  ///< pages that are inferred together
  const FoundGolden& golden() const { return golden_; }

  const http::ModelIdentity& identity() const { return identity_; }
  PageSize input_size() const { return loaded_.card.input.size(); }
  Result<void> CheckParameters(const AnalyzeParameters& parameters) const;
  Result<Input> Prepare(const Page& page) const { return pipeline::Prepare(page, loaded_.card); }
  static std::size_t BytesOf(const Input& input) { return input.pixels.size_bytes(); }
  Result<std::vector<Output>> Infer(std::span<const Input* const> inputs) { return pipeline::Infer(sessions_, inputs); }
  Result<PageLayout> Finish(Output output, const AnalyzeParameters& parameters) const {
    return pipeline::Finish(std::move(output), loaded_.card, parameters);
  }

  /// Infers an empty page on every session, as a user's page would be. Blocks; `kInternal` when that fails.
  Result<void> WarmUp();

  /// A slot's inference hangs: whether the engine lets another one infer in its place.
  bool ReplaceSlot();

 private:
  ServedModel(LoadedModel loaded, FoundGolden golden, std::vector<std::unique_ptr<runtime::Session>> sessions);

  const LoadedModel loaded_;
  const http::ModelIdentity identity_;
  const FoundGolden golden_;
  const int batch_;
  pipeline::SessionPool sessions_;  // gone before the engine
};

}  // namespace doclayout
