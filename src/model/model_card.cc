#include "model/model_card.h"

namespace doclayout::model {

std::string_view FamilyName(Family family) {
  switch (family) {
    case Family::kPicoDet:
      return "picodet";
  }
  return "unknown";
}

DetectionGrid GridOf(const ModelCard& card, const DetectionLevel& level) {
  const auto divide_up = [](int a, int b) { return static_cast<std::size_t>((a + b - 1) / b); };
  return {divide_up(card.input.width, level.stride), divide_up(card.input.height, level.stride)};
}

std::array<OutputContract, 2> ExpectedOutputsOf(const ModelCard& card, const DetectionLevel& level) {
  const DetectionGrid grid = GridOf(card, level);
  const std::size_t cells = grid.columns * grid.rows;
  return {OutputContract{level.scores, {1, cells, card.labels.size()}},
          OutputContract{level.distances, {1, cells, 4 * static_cast<std::size_t>(card.distance_bins)}}};
}

std::vector<OutputContract> ExpectedOutputs(const ModelCard& card) {
  std::vector<OutputContract> outputs;
  for (const DetectionLevel& level : card.levels) {
    const auto expected = ExpectedOutputsOf(card, level);
    outputs.insert(outputs.end(), expected.begin(), expected.end());
  }
  return outputs;
}

}  // namespace doclayout::model
