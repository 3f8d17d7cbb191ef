#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "analyzer.h"
#include "base/clock.h"
#include "commands.h"
#include "console.h"
#include "input_file.h"
#include "model_setup.h"
#include "output_file.h"
#include "pipeline/pipeline.h"
#include "postprocess/detection_options.h"
#include "progress.h"
#include "signal_cleanup.h"

namespace doclayout {
namespace {

using FileResult = Result<std::string>;

/// Refuses what cannot work before a model is loaded and pages are analysed for nothing; the sentence, or nothing.
std::optional<std::string> FindMistake(const config::AnalyzeConfig& config, const InputFiles& inputs) {
  if (config.format == "png" && config.files.size() > 1 && !IsFolder(config.output)) {
    return "several files as PNG need an existing folder: --output FOLDER";
  }
  if (config.output.empty()) {
    if (config.format == "png" && isatty(STDOUT_FILENO) == 1) {
      return "a PNG does not go to a terminal: name a file or a folder with --output";
    }
    return std::nullopt;
  }
  if (config.output.back() == '/' && !IsDirectory(config.output)) {
    return fmt::format("the folder '{}' does not exist", config.output);
  }
  if (!IsFolder(config.output)) {
    if (const auto good = inputs.CheckTarget(config.output); !good) return good.error().message;
  }
  if (const auto good = CheckWritable(config.output); !good) return good.error().message;
  return std::nullopt;
}

/// Runs all files over the slots and hands the results to `on_result` in the order of the command line.
template <typename OnResult>
void ForEachFile(const Analyzer& analyzer, const config::AnalyzeConfig& config, OnResult on_result) {
  std::vector<std::promise<FileResult>> results(config.files.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (int slot = 0; slot < analyzer.slots(); ++slot) {
    threads.emplace_back([&, slot] {
      for (std::size_t file = next++; file < results.size(); file = next++) {
        results[file].set_value(analyzer.Analyze(file, slot));
      }
    });
  }
  for (std::size_t file = 0; file < results.size(); ++file) on_result(file, results[file].get_future().get());
  for (std::thread& thread : threads) thread.join();
}

/// Where the results go that do not go into a folder: to standard output as they come, or into one file at the end.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {}

  Result<void> Add(std::string_view result) {
    if (path_.empty()) return WriteToStandardOutput(result);
    collected_ += result;
    return {};
  }

  Result<void> Finish() const {
    if (collected_.empty()) return {};
    auto file = PendingFile::Write(path_, collected_);
    if (!file) return Fail(file.error());
    return file->Publish();
  }

 private:
  const std::string& path_;
  std::string collected_;
};

/// Analyses all files and tells of each that failed; the exit code.
int AnalyzeAll(const config::AnalyzeConfig& config, Analyzer& analyzer) {
  const Progress progress(config.files.size());
  Output output(config.output);
  std::size_t failed = 0;
  Result<void> written;
  progress.Show(0, config.files.front());
  ForEachFile(analyzer, config, [&](std::size_t file, const FileResult& result) {
    if (!written) return;
    progress.Clear();
    if (!result) {
      ++failed;
      Complain(fmt::format("{}: {}", config.files[file], result.error().message));
    } else {
      written = output.Add(*result);
      // Nobody takes the results any more: the rest would be work for nothing.
      if (!written) return analyzer.Stop();
    }
    if (file + 1 < config.files.size()) progress.Show(file + 1, config.files[file + 1]);
  });

  if (written) written = output.Finish();
  if (!written) {
    Complain(written.error().message);
    return kExitSomeFailed;
  }
  if (failed > 0 && config.files.size() > 1) {
    Complain(fmt::format("{} of {} files failed", failed, config.files.size()));
  }
  return failed > 0 ? kExitSomeFailed : kExitGood;
}

}  // namespace

int RunAnalyze(const config::AnalyzeConfig& config) {
  const SignalCleanup cleanup(RemoveTemporaryFiles);
  const InputFiles inputs(config.files);
  if (const auto mistake = FindMistake(config, inputs)) {
    Complain(*mistake);
    return kExitUsage;
  }
  const SteadyClock clock;
  // One file is done soonest by all processors together, several by one page a stream.
  const int slots = config.files.size() == 1 ? 1 : config.inference.streams;
  const auto model = LoadModel(config.inference, {.slots = slots});
  if (!model) {
    Complain(model.error().message);
    return kExitModel;
  }
  if (const std::string note = model->engine->note(); !note.empty()) Complain(note);
  if (const auto good = postprocess::CheckParameters(model->card, config.parameters); !good) {
    Complain(good.error().message);
    return kExitUsage;
  }
  std::vector<std::unique_ptr<pipeline::Pipeline>> pipelines;
  for (int slot = 0; slot < model->slots; ++slot) {
    auto session = model->engine->CreateSession();
    if (!session) {
      Complain(session.error().message);
      return kExitModel;
    }
    pipelines.push_back(std::make_unique<pipeline::Pipeline>(std::move(*session), model->card, clock));
  }
  Analyzer analyzer(config, inputs, model->card, std::move(pipelines), clock);
  return AnalyzeAll(config, analyzer);
}

}  // namespace doclayout
