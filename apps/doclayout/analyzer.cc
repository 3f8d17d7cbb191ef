#include "analyzer.h"

#include <fmt/format.h>

#include <exception>
#include <string_view>
#include <utility>

#include "document_limits.h"
#include "input_file.h"
#include "output_names.h"
#include "render/render.h"

namespace doclayout {
namespace {

namespace fs = std::filesystem;

std::string_view AsText(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Says which page of several it was.
Error AtPage(Error error, int index, int count) {
  if (count > 1) error.message = fmt::format("page {} of {}: {}", index + 1, count, error.message);
  return error;
}

}  // namespace

Analyzer::Analyzer(const config::AnalyzeConfig& config, const InputFiles& inputs, const model::ModelCard& card,
                   std::vector<std::unique_ptr<pipeline::Pipeline>> pipelines, const Clock& clock)
    : config_(config), inputs_(inputs), card_(card), pipelines_(std::move(pipelines)), clock_(clock) {
  if (!IsFolder(config.output)) return;
  folder_ = config.output;
  names_ = config.format == "png" ? OutputNames(config.files, ".png", FilesADocument::kOneAPage)
                                  : OutputNames(config.files, ".json", FilesADocument::kOne);
}

Result<std::string> Analyzer::Analyze(std::size_t file, int slot) const {
  if (stopped_) return Fail(ErrorCode::kCancelled, "it was not begun");
  try {
    return TryAnalyze(file, slot);
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("it cannot be analysed: {}", error.what()));
  }
}

Result<std::string> Analyzer::TryAnalyze(std::size_t file, int slot) const {
  const TimePoint start = clock_.Now();
  const auto bytes = ReadInputFile(config_.files[file]);
  if (!bytes) return Fail(bytes.error());
  auto document = decode::OpenDocument(*bytes, DocumentLimits(config_.document));
  if (!document) return Fail(document.error());
  if (config_.format != "png") return Describe(file, slot, **document, start);
  if (folder_) return DrawIntoFolder(file, slot, **document);
  if (const int pages = (*document)->page_count(); pages > 1) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("it has {} pages, and a PNG holds one; name an existing folder with --output", pages));
  }
  return DrawPage(slot, **document, 0);
}

Result<Analyzer::AnalyzedPage> Analyzer::AnalyzePage(decode::Document& document, int index, int slot,
                                                     StageTimings& timings) const {
  const TimePoint start = clock_.Now();
  Result<Page> page = config_.document.decode == DecodeMode::kFast ? document.ReadReducedPage(index, card_.input.size())
                                                                   : document.ReadPage(index);
  timings.decode += Milliseconds(clock_.Now() - start);
  if (!page) return Fail(page.error());
  auto layout = pipelines_[static_cast<std::size_t>(slot)]->Analyze(*page, config_.parameters, timings);
  if (!layout) return Fail(layout.error());
  return AnalyzedPage{std::move(*page), std::move(*layout)};
}

Result<std::string> Analyzer::Describe(std::size_t file, int slot, decode::Document& document, TimePoint start) const {
  if (folder_) {
    if (auto good = inputs_.CheckTarget(*folder_ / names_[file]); !good) return Fail(good.error());
  }
  StageTimings timings;
  std::vector<PageLayout> pages;
  for (int index = 0; index < document.page_count(); ++index) {
    auto analyzed = AnalyzePage(document, index, slot, timings);
    if (!analyzed) return Fail(AtPage(analyzed.error(), index, document.page_count()));
    pages.push_back(std::move(analyzed->layout));
  }
  timings.total = Milliseconds(clock_.Now() - start);
  const bool name_file = config_.files.size() > 1 && !folder_;
  const render::DocumentInfo info{.file = name_file ? std::string_view(config_.files[file]) : std::string_view(),
                                  .model_name = card_.name,
                                  .model_sha256 = card_.sha256,
                                  .model_family = model::FamilyName(card_.family)};
  // Several answers in one stream are one a line, so that a line stays a line.
  std::string json = render::ToJson(info, pages, timings, config_.pretty && !name_file);
  json += '\n';
  if (!folder_) return json;
  auto written = PendingFile::Write(*folder_ / names_[file], json);
  if (!written) return Fail(written.error());
  if (auto published = written->Publish(); !published) return Fail(published.error());
  return std::string();
}

Result<std::string> Analyzer::DrawPage(int slot, decode::Document& document, int index) const {
  StageTimings timings;
  auto analyzed = AnalyzePage(document, index, slot, timings);
  if (!analyzed) return Fail(analyzed.error());
  if (analyzed->page.whole) {  // what is drawn on is all of it
    Result<Page> whole = document.ReadPage(index);
    if (!whole) return Fail(whole.error());
    analyzed->page = std::move(*whole);
  }
  const auto png = render::ToAnnotatedPng(analyzed->page.image, analyzed->layout);
  if (!png) return Fail(png.error());
  return std::string(AsText(*png));
}

Result<std::string> Analyzer::DrawIntoFolder(std::size_t file, int slot, decode::Document& document) const {
  const int count = document.page_count();
  const fs::path name = *folder_ / names_[file];
  const auto target = [&](int index) { return count > 1 ? WithPageNumber(name, index + 1) : name; };
  for (int index = 0; index < count; ++index) {
    if (auto good = inputs_.CheckTarget(target(index)); !good) return Fail(good.error());
  }
  // Under temporary names until the last page is drawn: what is there to be seen is a whole document.
  std::vector<PendingFile> drawn;
  for (int index = 0; index < count; ++index) {
    const auto png = DrawPage(slot, document, index);
    if (!png) {
      Error error = AtPage(png.error(), index, count);
      if (index > 0) error.message += " No page of it was written.";
      return Fail(std::move(error));
    }
    auto written = PendingFile::Write(target(index), *png);
    if (!written) return Fail(written.error());
    drawn.push_back(std::move(*written));
  }
  if (auto published = PublishAll(drawn); !published) return Fail(published.error());
  return std::string();
}

}  // namespace doclayout
