#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "decode/document.h"
#include "model/model_card.h"
#include "output_file.h"
#include "pipeline/pipeline.h"
#include "types/page.h"
#include "types/page_layout.h"

namespace doclayout {

/// Makes of each input file what the command line asks for.
///
/// Thread-safe as long as each slot is used by one thread at a time. Borrows what it is made of.
class Analyzer {
 public:
  /// `inputs` are `config.files`. Results go to files of their own when `config.output` is a folder.
  /// Infers with `pipelines`, one a slot, which are of a model with that card.
  Analyzer(const config::AnalyzeConfig& config, const InputFiles& inputs, const model::ModelCard& card,
           std::vector<std::unique_ptr<pipeline::Pipeline>> pipelines, const Clock& clock);

  /// Analyses file number `file`: the text or PNG for standard output or the one output file; nothing when it went into
  /// the folder, where a document that failed leaves no file. Blocks.
  ///
  /// Whatever goes wrong with one file is that file's error, also when memory runs out for it.
  Result<std::string> Analyze(std::size_t file, int slot) const;

  int slots() const { return static_cast<int>(pipelines_.size()); }

  /// Files that have not begun fail with `kCancelled` from now on.
  void Stop() { stopped_ = true; }

 private:
  struct AnalyzedPage {
    Page page;
    PageLayout layout;
  };

  Result<std::string> TryAnalyze(std::size_t file, int slot) const;
  Result<std::string> Describe(std::size_t file, int slot, decode::Document& document, TimePoint start) const;
  Result<std::string> DrawPage(int slot, decode::Document& document, int index) const;
  Result<std::string> DrawIntoFolder(std::size_t file, int slot, decode::Document& document) const;
  Result<AnalyzedPage> AnalyzePage(decode::Document& document, int index, int slot, StageTimings& timings) const;

  const config::AnalyzeConfig& config_;
  const InputFiles& inputs_;
  const model::ModelCard& card_;
  const std::vector<std::unique_ptr<pipeline::Pipeline>> pipelines_;
  const Clock& clock_;
  std::optional<std::filesystem::path> folder_;
  std::vector<std::string> names_;  ///< of each file's result, when they go to a folder
  std::atomic<bool> stopped_ = false;
};

}  // namespace doclayout
