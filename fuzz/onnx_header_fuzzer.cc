// Any bytes as a model file: its header, what is recognised in it, and the text that a message would show.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <variant>

#include "model/external_data.h"
#include "model/onnx_header.h"
#include "model/recognise.h"

namespace {

using namespace doclayout::model;  // NOLINT: a few functions

/// What is allocated and counted later follows from these.
void CheckCard(const ModelCard& card, const OnnxHeader& header) {
  if (card.input.width < 1 || card.input.width > 4096 || card.input.height < 1 || card.input.height > 4096) {
    std::abort();
  }
  if (card.labels.empty() || card.labels.size() > 1000) std::abort();
  if (const auto* outputs = std::get_if<PicoDetOutputs>(&card.outputs)) {
    if (outputs->distance_bins < 2 || outputs->distance_bins > 64) std::abort();
  }
  if (const auto* outputs = std::get_if<DetectionOutputs>(&card.outputs)) {
    if (outputs->columns < 6 || outputs->columns > 8) std::abort();
  }
  std::vector<bool> used(header.outputs.size(), false);
  for (const OutputContract& output : ExpectedOutputs(card, 1)) {
    if (output.output >= used.size() || used[output.output]) std::abort();
    used[output.output] = true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = ReadOnnxHeader({data, size});
  if (!header) return 0;
  if (header->outputs.empty()) std::abort();
  for (const GraphPort& port : header->inputs) {
    // Every dimension took bytes of the file, so that no file makes more of them than it is long.
    if (port.shape.size() > size || Describe(port).empty()) std::abort();
  }
  // A folder that is not there: whatever the graph names, nothing is found.
  if (!header->external_files.empty() && FindExternalFiles(*header, "/nowhere/at/all")) std::abort();
  for (const auto family : {std::optional<Family>(), std::optional(Family::kPpDocLayout),
                            std::optional(Family::kPpDocLayoutV2), std::optional(Family::kPpDocLayoutV3)}) {
    const auto card = Recognise(*header, {.family = family});
    if (!card) continue;
    if (family && card->family != *family) std::abort();
    CheckCard(*card, *header);
  }
  return 0;
}
