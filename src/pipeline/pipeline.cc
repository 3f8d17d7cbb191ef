#include "pipeline/pipeline.h"

#include <utility>

#include "postprocess/layout.h"
#include "preprocess/preprocess.h"

namespace doclayout::pipeline {

Pipeline::Pipeline(std::unique_ptr<runtime::Session> session, const model::ModelCard& card, const Clock& clock)
    : session_(std::move(session)), card_(card), clock_(clock) {}

Result<PageLayout> Pipeline::Analyze(const Page& page, const AnalyzeParameters& parameters, StageTimings& timings) {
  const TimePoint start = clock_.Now();
  if (const auto filled = preprocess::FillInput(page.image, card_.input, session_->image(0)); !filled) {
    return Fail(filled.error());
  }
  session_->SetScaleFactor(0, static_cast<float>(card_.input.height) / static_cast<float>(page.image.height()),
                           static_cast<float>(card_.input.width) / static_cast<float>(page.image.width()));
  const TimePoint filled_at = clock_.Now();

  const auto outputs = session_->Run();
  const TimePoint inferred_at = clock_.Now();
  timings.preprocess += Milliseconds(filled_at - start);
  timings.inference += Milliseconds(inferred_at - filled_at);
  if (!outputs) return Fail(outputs.error());

  PageLayout layout{.index = page.index,
                    .width = page.image.width(),
                    .height = page.image.height(),
                    .rotation = page.rotation,
                    .dpi = page.dpi};
  const auto regions = postprocess::FillRegions(*outputs, card_, parameters, layout);
  timings.postprocess += Milliseconds(clock_.Now() - inferred_at);
  if (!regions) return Fail(regions.error());
  return layout;
}

}  // namespace doclayout::pipeline
