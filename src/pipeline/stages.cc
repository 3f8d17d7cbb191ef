#include "pipeline/stages.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "postprocess/layout.h"
#include "preprocess/preprocess.h"

namespace doclayout::pipeline {

Result<ModelInput> Prepare(const Page& page, const model::ModelCard& card) {
  ModelInput input{
      .pixels = Image(card.input.width, card.input.height), .scale = ScaleOf(page, card.input), .frame = FrameOf(page)};
  if (auto filled = preprocess::FillInput(page.image, card.input, input.pixels.bytes()); !filled) {
    return Fail(std::move(filled.error()));
  }
  return input;
}

Result<std::vector<ModelOutput>> Infer(SessionPool& sessions, std::span<const ModelInput* const> inputs) {
  const SessionPool::Lease session = sessions.Take();
  if (inputs.size() > static_cast<std::size_t>(session->batch())) {
    return Fail(ErrorCode::kInternal, fmt::format("{} pages were to be inferred together by a session for {}",
                                                  inputs.size(), session->batch()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const int place = static_cast<int>(i);
    const std::span<const std::uint8_t> pixels = inputs[i]->pixels.bytes();
    const std::span<std::uint8_t> image = session->image(place);
    if (pixels.size() != image.size()) std::abort();
    std::memcpy(image.data(), pixels.data(), pixels.size());  // std::ranges::copy goes byte by byte in g++ 12
    session->SetScaleFactor(place, inputs[i]->scale.y, inputs[i]->scale.x);
  }
  const auto tensors = session->Run();
  if (!tensors) return Fail(tensors.error());

  std::vector<ModelOutput> outputs;
  outputs.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    outputs.push_back({.session = session,
                       .tensors = *tensors,
                       .place = {.index = static_cast<int>(i), .size = session->batch()},
                       .frame = inputs[i]->frame});
  }
  return outputs;
}

Result<PageLayout> Finish(ModelOutput output, const model::ModelCard& card, const AnalyzeParameters& parameters) {
  PageLayout layout = std::move(output.frame);
  if (auto filled = postprocess::FillRegions(output.tensors, card, parameters, layout, output.place); !filled) {
    return Fail(std::move(filled.error()));
  }
  return layout;
}

}  // namespace doclayout::pipeline
