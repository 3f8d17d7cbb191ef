#include "model/model_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace doclayout::model {
namespace {

constexpr std::pair<Family, std::string_view> kFamilies[] = {
    {Family::kPicoDet, "picodet"},
    {Family::kPpDocLayout, "pp-doclayout"},
    {Family::kPpDocLayoutV2, "pp-doclayoutv2"},
    {Family::kPpDocLayoutV3, "pp-doclayoutv3"},
};

std::vector<OutputContract> Expected(const ModelCard& card, const PicoDetOutputs& outputs, std::int64_t batch) {
  std::vector<OutputContract> expected;
  for (const DetectionLevel& level : outputs.levels) {
    for (OutputContract& contract : ExpectedOutputsOf(card, level)) {
      contract.shape[0] = batch;
      expected.push_back(std::move(contract));
    }
  }
  return expected;
}

std::vector<OutputContract> Expected(const ModelCard& /*card*/, const DetectionOutputs& outputs, std::int64_t batch) {
  std::vector<OutputContract> expected{{outputs.boxes, {kAnySize, static_cast<std::int64_t>(outputs.columns)}}};
  if (outputs.count) expected.push_back({*outputs.count, {batch}});
  if (outputs.masks) expected.push_back({*outputs.masks, {kAnySize, kAnySize, kAnySize}});
  return expected;
}

std::vector<OutputContract> Expected(const ModelCard& card, const QueryOutputs& outputs, std::int64_t batch) {
  return {{outputs.logits, {batch, kAnySize, static_cast<std::int64_t>(card.labels.size())}},
          {outputs.boxes, {batch, kAnySize, 4}},
          {outputs.order, {batch, kAnySize, kAnySize}},
          {outputs.masks, {batch, kAnySize, kAnySize, kAnySize}}};
}

}  // namespace

std::string_view FamilyName(Family family) {
  for (const auto& [value, name] : kFamilies) {
    if (value == family) return name;
  }
  return "unknown";
}

Result<Family> ParseFamily(std::string_view name) {
  for (const auto& [value, known] : kFamilies) {
    if (known == name) return value;
  }
  return Fail(ErrorCode::kBadParameter,
              fmt::format("family '{}' is not one of picodet, pp-doclayout, pp-doclayoutv2, pp-doclayoutv3", name));
}

std::optional<std::size_t> FindClass(const std::vector<std::string>& labels, std::string_view key) {
  if (const auto label = std::ranges::find(labels, key); label != labels.end()) {
    return static_cast<std::size_t>(label - labels.begin());
  }
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (error != std::errc() || end != key.data() + key.size() || number >= labels.size()) return std::nullopt;
  return number;
}

bool Fits(const OutputContract& contract, const std::vector<std::size_t>& shape) {
  // A count of one page may come as a number and not as a list of one.
  if (shape.empty() && contract.shape == std::vector<std::int64_t>{1}) return true;
  return std::equal(
      shape.begin(), shape.end(), contract.shape.begin(), contract.shape.end(),
      [](std::size_t size, std::int64_t expected) { return expected == kAnySize || std::cmp_equal(size, expected); });
}

DetectionGrid GridOf(const ModelCard& card, const DetectionLevel& level) {
  const auto divide_up = [](int a, int b) { return static_cast<std::size_t>((a + b - 1) / b); };
  return {divide_up(card.input.width, level.stride), divide_up(card.input.height, level.stride)};
}

std::array<OutputContract, 2> ExpectedOutputsOf(const ModelCard& card, const DetectionLevel& level) {
  const DetectionGrid grid = GridOf(card, level);
  const auto cells = static_cast<std::int64_t>(grid.columns * grid.rows);
  const int bins = std::get<PicoDetOutputs>(card.outputs).distance_bins;
  return {OutputContract{level.scores, {1, cells, static_cast<std::int64_t>(card.labels.size())}},
          OutputContract{level.distances, {1, cells, std::int64_t{4} * bins}}};
}

std::vector<OutputContract> ExpectedOutputs(const ModelCard& card, int batch) {
  return std::visit([&](const auto& outputs) { return Expected(card, outputs, batch); }, card.outputs);
}

}  // namespace doclayout::model
