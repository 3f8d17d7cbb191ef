#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "pipeline/page_frame.h"
#include "pipeline/session_pool.h"
#include "postprocess/batch_place.h"
#include "types/analyze_parameters.h"
#include "types/image.h"
#include "types/page.h"
#include "types/page_layout.h"
#include "types/tensor.h"

namespace doclayout::pipeline {

/// The three steps of a page apart, for services that take them on different threads: `Prepare` before the queue,
/// `Infer` in a slot, `Finish` after it. `Pipeline` takes them in one go.

/// A page as the model takes it. A plain value.
struct ModelInput {
  Image pixels;  ///< of the size of the model's input
  PageScale scale;
  PageLayout frame;  ///< what the answer says of the page, still without regions
};

/// What the model gave for a page. Keeps the session, so do not keep it for long.
struct ModelOutput {
  SessionPool::Lease session;
  std::span<const TensorView> tensors;  ///< of the whole inference; valid as long as `session`
  postprocess::BatchPlace place;
  PageLayout frame;
};

/// Resizes a page. Thread-safe; blocks for a millisecond a page. `kInternal` when OpenCV fails.
Result<ModelInput> Prepare(const Page& page, const model::ModelCard& card);

/// Infers pages together; one output for each, in their order. Thread-safe; blocks until a session is free and for the
/// inference. Leaves the inputs as they are. `kInternal` when the runtime fails, or for more pages than a session
/// takes.
Result<std::vector<ModelOutput>> Infer(SessionPool& sessions, std::span<const ModelInput* const> inputs);

/// Finds the regions and gives the session back. Thread-safe. Fails as `postprocess::FillRegions`.
Result<PageLayout> Finish(ModelOutput output, const model::ModelCard& card, const AnalyzeParameters& parameters);

}  // namespace doclayout::pipeline
