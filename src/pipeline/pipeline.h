#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "model/model_card.h"
#include "runtime/session.h"
#include "types/analyze_parameters.h"
#include "types/page.h"
#include "types/page_layout.h"

namespace doclayout::pipeline {

/// One page in, its regions out: preprocess -> infer -> postprocess. What a slot owns.
///
/// Not thread-safe: one thread at a time. Borrows the clock and the card, which must outlive it.
class Pipeline {
 public:
  Pipeline(std::unique_ptr<runtime::Session> session, const model::ModelCard& card, const Clock& clock);

  /// Blocks for one inference. Adds the times of its three stages to `timings`. `kInternal` when the runtime fails.
  Result<PageLayout> Analyze(const Page& page, const AnalyzeParameters& parameters, StageTimings& timings);

 private:
  const std::unique_ptr<runtime::Session> session_;
  const model::ModelCard& card_;
  const Clock& clock_;
};

}  // namespace doclayout::pipeline
