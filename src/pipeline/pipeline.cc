#include "pipeline/pipeline.h"

#include <utility>

#include "pipeline/page_frame.h"
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
  const PageScale scale = ScaleOf(page, card_.input);
  session_->SetScaleFactor(0, scale.y, scale.x);
  const TimePoint filled_at = clock_.Now();

  const auto outputs = session_->Run();
  const TimePoint inferred_at = clock_.Now();
  timings.preprocess += Milliseconds(filled_at - start);
  timings.inference += Milliseconds(inferred_at - filled_at);
  if (!outputs) return Fail(outputs.error());

  PageLayout layout = FrameOf(page);
  const auto regions = postprocess::FillRegions(*outputs, card_, parameters, layout);
  timings.postprocess += Milliseconds(clock_.Now() - inferred_at);
  if (!regions) return Fail(regions.error());
  return layout;
}

}  // namespace doclayout::pipeline
