#include <string>
#include <vector>

#include "base/clock.h"
#include "commands.h"
#include "console.h"
#include "postprocess/detection_options.h"
#include "postprocess/layout.h"
#include "recorded_outputs.h"
#include "render/render.h"
#include "types/page_layout.h"

namespace doclayout {
namespace {

Result<std::string> Describe(const config::PostprocessConfig& config) {
  const auto outputs = RecordedOutputs::Read(config);
  if (!outputs) return Fail(outputs.error());
  const model::ModelCard& card = outputs->card();
  if (auto possible = postprocess::CheckParameters(card, config.parameters); !possible) {
    return Fail(std::move(possible.error()));
  }
  std::vector<PageLayout> pages{{.width = config.width, .height = config.height}};
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  auto filled = postprocess::FillRegions(outputs->tensors(), card, config.parameters, pages.front());
  if (!filled) return Fail(std::move(filled.error()));
  const double taken = Milliseconds(clock.Now() - start);

  const render::DocumentInfo info{.model_name = card.name, .model_family = model::FamilyName(card.family)};
  return render::ToJson(info, pages, {.postprocess = taken, .total = taken}, config.pretty) + "\n";
}

}  // namespace

int RunPostprocess(const config::PostprocessConfig& config) {
  const auto described = Describe(config);
  if (!described) {
    Complain(described.error().message);
    return described.error().code == ErrorCode::kBadParameter ? kExitUsage : kExitSomeFailed;
  }
  if (const auto written = WriteToStandardOutput(*described); !written) {
    Complain(written.error().message);
    return kExitSomeFailed;
  }
  return kExitGood;
}

}  // namespace doclayout
