#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "commands.h"
#include "decode/document.h"
#include "model_setup.h"
#include "output_names.h"
#include "render/render.h"
#include "scheduler/worker_pool.h"

namespace doclayout {
namespace {

namespace fs = std::filesystem;

/// What a worker makes of one file: JSON for standard output, or nothing when it has written the result itself.
using FileResult = Result<std::string>;

/// More than any page's file has; a device that never ends is not read to its end.
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool IsFolder(const std::string& path) {
  return !path.empty() && (path.back() == '/' || IsDirectory(path));
}

Result<std::vector<std::uint8_t>> ReadFile(const std::string& name) {
  if (IsDirectory(name)) return Fail(ErrorCode::kBadParameter, "it is a folder; name the files in it");
  const int descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Fail(ErrorCode::kNotFound, fmt::format("it cannot be opened: {}", std::strerror(errno)));
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, 1 << 16> block{};
  ssize_t count = 1;
  while (count > 0 && bytes.size() <= kLargestFile) {
    count = read(descriptor, block.data(), block.size());
    if (count > 0) bytes.insert(bytes.end(), block.begin(), block.begin() + count);
  }
  const int failure = count < 0 ? errno : 0;
  close(descriptor);
  if (failure != 0) return Fail(ErrorCode::kInternal, fmt::format("it cannot be read: {}", std::strerror(failure)));
  if (bytes.size() > kLargestFile) {
    return Fail(ErrorCode::kTooLarge, fmt::format("it is larger than {} bytes, the most that is read", kLargestFile));
  }
  return bytes;
}

/// Refuses to write over any of the inputs, which `--output .` with `--format png` would otherwise do.
Result<void> WriteFile(const fs::path& path, std::string_view bytes, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code error;
    if (fs::equivalent(path, input, error)) {
      return Fail(ErrorCode::kBadParameter,
                  fmt::format("the result would overwrite the input '{}'; choose another --output", input));
    }
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return Fail(ErrorCode::kInternal, fmt::format("'{}' cannot be written", path.string()));
  return {};
}

std::string_view AsText(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Analyzer {
 public:
  Analyzer(const config::AnalyzeConfig& config, LoadedModel& model, const Clock& clock)
      : config_(config), model_(model), clock_(clock) {
    if (IsFolder(config.output)) {
      folder_ = config.output;
      names_ = OutputNames(config.files, config.format == "png" ? ".png" : ".json");
    }
  }

  bool writes_to_folder() const { return folder_.has_value(); }

  /// Analyses one file on one slot. Called from many threads, each with a slot of its own.
  /// Whatever goes wrong with one file is that file's result, also when memory runs out for it.
  FileResult Analyze(std::size_t file, int slot) const {
    try {
      return TryAnalyze(file, slot);
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kInternal, fmt::format("it cannot be analysed: {}", error.what()));
    }
  }

 private:
  FileResult TryAnalyze(std::size_t file, int slot) const {
    const TimePoint start = clock_.Now();
    const auto bytes = ReadFile(config_.files[file]);
    if (!bytes) return Fail(bytes.error());
    auto document = decode::OpenDocument(*bytes, {.max_pixels = config_.max_pixels, .max_pages = config_.max_pages});
    if (!document) return Fail(document.error());
    return config_.format == "png" ? DrawPages(file, slot, **document) : Describe(file, slot, **document, start);
  }

  struct AnalyzedPage {
    Page page;
    PageLayout layout;
  };

  Result<AnalyzedPage> AnalyzePage(decode::Document& document, int index, int slot, StageTimings& timings) const {
    const TimePoint start = clock_.Now();
    Result<Page> page = document.ReadPage(index);
    timings.decode += Milliseconds(clock_.Now() - start);
    if (!page) return Fail(page.error());
    auto layout = model_.pipelines[static_cast<std::size_t>(slot)]->Analyze(
        *page, {.threshold = config_.threshold, .nms = config_.nms}, timings);
    if (!layout) return Fail(layout.error());
    return AnalyzedPage{std::move(*page), std::move(*layout)};
  }

  FileResult Describe(std::size_t file, int slot, decode::Document& document, TimePoint start) const {
    StageTimings timings;
    std::vector<PageLayout> pages;
    for (int index = 0; index < document.page_count(); ++index) {
      auto analyzed = AnalyzePage(document, index, slot, timings);
      if (!analyzed) return Fail(analyzed.error());
      pages.push_back(std::move(analyzed->layout));
    }
    timings.total = Milliseconds(clock_.Now() - start);
    const bool name_file = config_.files.size() > 1 && !folder_;
    const render::DocumentInfo info{.file = name_file ? std::string_view(config_.files[file]) : std::string_view(),
                                    .model_name = model_.card.name,
                                    .model_sha256 = model_.card.sha256,
                                    .model_family = model::FamilyName(model_.card.family)};
    // Several answers in one stream are one a line, so that a line stays a line.
    std::string json = render::ToJson(info, pages, timings, config_.pretty && !name_file);
    json += '\n';
    if (!folder_) return json;
    if (auto written = WriteFile(*folder_ / names_[file], json, config_.files); !written) return Fail(written.error());
    return std::string();
  }

  FileResult DrawPages(std::size_t file, int slot, decode::Document& document) const {
    StageTimings timings;
    const bool several = document.page_count() > 1;
    if (several && !folder_) {
      return Fail(ErrorCode::kBadParameter,
                  fmt::format("it has {} pages, and a PNG holds one; name an existing folder with --output",
                              document.page_count()));
    }
    for (int index = 0; index < document.page_count(); ++index) {
      auto analyzed = AnalyzePage(document, index, slot, timings);
      if (!analyzed) return Fail(analyzed.error());
      const auto png = render::ToAnnotatedPng(analyzed->page.image, analyzed->layout);
      if (!png) return Fail(png.error());
      if (!folder_) return std::string(AsText(*png));
      const fs::path name = *folder_ / names_[file];
      const fs::path path = several ? WithPageNumber(name, index + 1) : name;
      if (auto written = WriteFile(path, AsText(*png), config_.files); !written) return Fail(written.error());
    }
    return std::string();
  }

  const config::AnalyzeConfig& config_;
  LoadedModel& model_;
  const Clock& clock_;
  std::optional<fs::path> folder_;
  std::vector<std::string> names_;  ///< of each file's result, when they go to a folder
};

/// The count of files that are done, rewritten in place; nothing unless standard error is a terminal and there are
/// several.
class Progress {
 public:
  explicit Progress(std::size_t files) : files_(files), shown_(files > 1 && isatty(STDERR_FILENO) == 1) {}

  void Show(std::size_t done, const std::string& current) const {
    if (shown_) fmt::print(stderr, "\r\033[K[{}/{}] {}", done, files_, current);
  }
  void Clear() const {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }

 private:
  const std::size_t files_;
  const bool shown_;
};

/// Refuses what cannot work before a model is loaded; the sentence, or nothing.
std::optional<std::string> FindMistake(const config::AnalyzeConfig& config) {
  if (config.format == "png" && config.files.size() > 1 && !IsFolder(config.output)) {
    return "several files as PNG need an existing folder: --output FOLDER";
  }
  if (config.format == "png" && config.output.empty() && isatty(STDOUT_FILENO) == 1) {
    return "a PNG does not go to a terminal: name a file or a folder with --output";
  }
  if (!config.output.empty() && config.output.back() == '/' && !IsDirectory(config.output)) {
    return fmt::format("the folder '{}' does not exist", config.output);
  }
  return std::nullopt;
}

/// Runs all files over the slots and hands the results to `on_result` in the order of the command line.
template <typename OnResult>
void ForEachFile(const Analyzer& analyzer, const config::AnalyzeConfig& config, int slots, OnResult on_result) {
  const SteadyClock clock;
  scheduler::WorkerPool pool({.slots = slots, .capacity = config.files.size()}, clock);
  std::vector<std::future<FileResult>> results;
  for (std::size_t file = 0; file < config.files.size(); ++file) {
    auto task = std::make_shared<std::packaged_task<FileResult(int)>>(
        [&analyzer, file](int slot) { return analyzer.Analyze(file, slot); });
    results.push_back(task->get_future());
    // The queue holds every file, so that it never refuses.
    if (!pool.TrySubmit([task](int slot, Duration) { (*task)(slot); })) std::abort();
  }
  for (std::size_t file = 0; file < results.size(); ++file) on_result(file, results[file].get());
}

}  // namespace

int RunAnalyze(const config::AnalyzeConfig& config) {
  if (const auto mistake = FindMistake(config)) {
    fmt::print(stderr, "doclayout: {}\n", *mistake);
    return kExitUsage;
  }
  const SteadyClock clock;
  // One file is done soonest by all processors together, several by one page a stream.
  const int slots = config.files.size() == 1 ? 1 : config.inference.streams;
  auto model = LoadModel(config.inference, slots, 0, clock);
  if (!model) {
    fmt::print(stderr, "doclayout: {}\n", model.error().message);
    return kExitModel;
  }

  const Analyzer analyzer(config, **model, clock);
  const Progress progress(config.files.size());
  std::string output;
  std::size_t failed = 0;
  const bool to_stdout = config.output.empty();
  progress.Show(0, config.files.front());
  ForEachFile(analyzer, config, static_cast<int>((*model)->pipelines.size()), [&](std::size_t file, FileResult result) {
    progress.Clear();
    if (!result) {
      ++failed;
      fmt::print(stderr, "doclayout: {}: {}\n", config.files[file], result.error().message);
    } else if (to_stdout) {
      std::fwrite(result->data(), 1, result->size(), stdout);
      std::fflush(stdout);
    } else {
      output += *result;
    }
    if (file + 1 < config.files.size()) progress.Show(file + 1, config.files[file + 1]);
  });

  if (!to_stdout && !analyzer.writes_to_folder() && !output.empty()) {
    if (const auto written = WriteFile(config.output, output, config.files); !written) {
      fmt::print(stderr, "doclayout: {}\n", written.error().message);
      return kExitSomeFailed;
    }
  }
  if (to_stdout && std::ferror(stdout) != 0) {
    fmt::print(stderr, "doclayout: standard output cannot be written\n");
    return kExitSomeFailed;
  }
  if (failed > 0 && config.files.size() > 1) {
    fmt::print(stderr, "doclayout: {} of {} files failed\n", failed, config.files.size());
  }
  return failed > 0 ? kExitSomeFailed : kExitGood;
}

}  // namespace doclayout
