#include "model/model_card.h"

namespace doclayout::model {

std::string_view FamilyName(Family family) {
  switch (family) {
    case Family::kPicoDet:
      return "picodet";
  }
  return "unknown";
}

std::vector<OutputContract> ExpectedOutputs(const ModelCard& card) {
  const auto divide_up = [](int a, int b) { return static_cast<std::size_t>((a + b - 1) / b); };
  std::vector<OutputContract> outputs;
  for (const DetectionLevel& level : card.levels) {
    const std::size_t cells = divide_up(card.input.width, level.stride) * divide_up(card.input.height, level.stride);
    outputs.push_back({level.scores, {1, cells, card.labels.size()}});
    outputs.push_back({level.distances, {1, cells, 4 * static_cast<std::size_t>(card.distance_bins)}});
  }
  return outputs;
}

}  // namespace doclayout::model
