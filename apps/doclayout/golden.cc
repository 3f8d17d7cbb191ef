#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "commands.h"
#include "console.h"
#include "decode/document.h"
#include "golden_file.h"
#include "input_file.h"
#include "model_setup.h"
#include "output_file.h"
#include "pipeline/pipeline.h"
#include "signal_cleanup.h"

namespace doclayout {
namespace {

/// Says what was wrong and returns the exit code for it.
int Refuse(const Error& error, int exit_code) {
  Complain(error.message);
  return exit_code;
}

Result<PageLayout> AnalyzePage(const LoadedModel& model, std::span<const std::uint8_t> bytes) {
  auto document = decode::OpenDocument(bytes, {});
  if (!document) return Fail(std::move(document.error()));
  if ((*document)->page_count() != 1) return Fail(ErrorCode::kBadParameter, "a golden page is one page");
  Result<Page> page = (*document)->ReadPage(0);
  if (!page) return Fail(std::move(page.error()));
  auto session = model.engine->CreateSession();
  if (!session) return Fail(std::move(session.error()));
  const SteadyClock clock;
  pipeline::Pipeline pipeline(std::move(*session), model.card, clock);
  StageTimings timings;
  return pipeline.Analyze(*page, {}, timings);
}

Result<void> Write(const std::string& target, const std::string& text) {
  Result<PendingFile> file = PendingFile::Write(target, text);
  if (!file) return Fail(std::move(file.error()));
  return file->Publish();
}

}  // namespace

int RunGolden(const config::GoldenConfig& config) {
  const SignalCleanup cleanup(RemoveTemporaryFiles);
  std::vector<std::uint8_t> page;
  if (!config.page.empty()) {
    auto read = ReadInputFile(config.page);
    if (!read) {
      Complain(fmt::format("the page '{}' cannot be read: {}", config.page, read.error().message));
      return kExitUsage;
    }
    page = std::move(*read);
  }
  const auto model = LoadModel(config.inference, {.slots = 1});
  if (!model) return Refuse(model.error(), kExitModel);
  const auto layout = AnalyzePage(*model, page.empty() ? BuiltInGoldenPage() : page);
  if (!layout) return Refuse(layout.error(), config.page.empty() ? kExitSomeFailed : kExitUsage);
  if (layout->regions.empty()) {
    Complain("the model finds nothing on this page: it would not show that it works. Take another page (--page)");
    return kExitSomeFailed;
  }
  const std::string text = WriteGolden(model->card, page, layout->regions);
  const std::string beside = GoldenPathOf(model->path).string();
  const std::string target = config.output.empty() && !beside.empty() ? beside : config.output;
  if (target.empty() || target == "-") {
    const auto written = WriteToStandardOutput(text);
    return written ? kExitGood : Refuse(written.error(), kExitSomeFailed);
  }
  if (const auto written = Write(target, text); !written) return Refuse(written.error(), kExitSomeFailed);
  const auto said = WriteToStandardOutput(fmt::format("{}: {} regions\n", target, layout->regions.size()));
  return said ? kExitGood : Refuse(said.error(), kExitSomeFailed);
}

}  // namespace doclayout
