// Any bytes as a model file: its header, what is recognised in it, and the text that a message would show.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "model/onnx_header.h"
#include "model/recognise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace doclayout::model;  // NOLINT: one function

  const auto header = ReadOnnxHeader({data, size});
  if (!header) return 0;
  if (header->outputs.empty()) std::abort();
  for (const GraphPort& port : header->inputs) {
    // Every dimension took bytes of the file, so that no file makes more of them than it is long.
    if (port.shape.size() > size || Describe(port).empty()) std::abort();
  }
  const auto card = Recognise(*header);
  if (!card) return 0;
  // What is allocated and counted later follows from these.
  if (card->input.width < 1 || card->input.width > 4096 || card->input.height < 1 || card->input.height > 4096) {
    std::abort();
  }
  if (card->labels.empty() || card->labels.size() > 1000) std::abort();
  if (const auto* outputs = std::get_if<PicoDetOutputs>(&card->outputs)) {
    if (outputs->distance_bins < 2 || outputs->distance_bins > 64) std::abort();
  }
  for (const OutputContract& output : ExpectedOutputs(*card, 1)) {
    if (output.output >= header->outputs.size()) std::abort();
  }
  return 0;
}
