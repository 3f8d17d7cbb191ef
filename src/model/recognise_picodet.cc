#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/recognise_parts.h"

namespace doclayout::model {
namespace {

constexpr std::size_t kLevels = 4;
constexpr std::int64_t kMaxDistanceBins = 64;

/// The cells of each level, from the finest.
std::array<std::int64_t, kLevels> CellsOf(const InputContract& input) {
  std::array<std::int64_t, kLevels> cells{};
  for (std::size_t level = 0; level < kLevels; ++level) {
    const int stride = 8 << level;
    const auto divide_up = [stride](int size) { return std::int64_t{size + stride - 1} / stride; };
    cells[level] = divide_up(input.height) * divide_up(input.width);
  }
  return cells;
}

/// The last dimension of some outputs, as far as they declare it.
std::int64_t WidthOf(std::span<const GraphPort> outputs) {
  for (const GraphPort& port : outputs) {
    if (port.has_shape && port.shape.size() == 3 && port.shape[2] > 0) return port.shape[2];
  }
  return kAnySize;
}

using Indices = std::array<std::size_t, 2 * kLevels>;

/// The exporters' order: class maps, then distance maps, each from the finest level.
std::optional<Indices> InOrder(std::span<const GraphPort> outputs, const std::array<std::int64_t, kLevels>& cells) {
  Indices indices{};
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::array<std::int64_t, 3> shape{kAnySize, cells[i % kLevels],
                                            WidthOf(outputs.subspan(i < kLevels ? 0 : kLevels, kLevels))};
    if (!MayBe(outputs[i], shape)) return std::nullopt;
    indices[i] = i;
  }
  return indices;
}

/// Any order: each level has two outputs, told by their cells; the class maps are those whose width is the labels'
/// number, or else the narrower ones.
std::optional<Indices> ByShape(std::span<const GraphPort> outputs, const std::array<std::int64_t, kLevels>& cells,
                               std::int64_t label_count) {
  Indices indices{};
  for (std::size_t level = 0; level < kLevels; ++level) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].has_shape && outputs[i].shape.size() == 3 && outputs[i].shape[1] == cells[level]) {
        found.push_back(i);
      }
    }
    if (found.size() != 2) return std::nullopt;
    const auto width = [&](std::size_t i) { return outputs[found[i]].shape[2]; };
    if (width(0) != label_count && (width(1) == label_count || width(1) < width(0))) std::swap(found[0], found[1]);
    indices[level] = found[0];
    indices[level + kLevels] = found[1];
  }
  return indices;
}

/// Classes and distances a cell, where all class maps and all distance maps agree on them.
struct Widths {
  std::int64_t classes = 0;
  std::int64_t distances = 0;
};

std::optional<Widths> CommonWidths(std::span<const GraphPort> outputs, const Indices& indices,
                                   std::int64_t label_count) {
  std::array<std::vector<GraphPort>, 2> maps;
  for (std::size_t i = 0; i < indices.size(); ++i) maps[i / kLevels].push_back(outputs[indices[i]]);
  Widths widths{.classes = WidthOf(maps[0]), .distances = WidthOf(maps[1])};
  const auto agree = [](const std::vector<GraphPort>& ports, std::int64_t width) {
    return std::ranges::all_of(
        ports, [&](const GraphPort& port) { return !port.has_shape || port.shape[2] < 0 || port.shape[2] == width; });
  };
  constexpr std::int64_t kUsualDistances = 32;
  if (!agree(maps[0], widths.classes) || !agree(maps[1], widths.distances)) return std::nullopt;
  if (widths.classes == kAnySize && label_count > 0) widths.classes = label_count;
  if (widths.distances == kAnySize) widths.distances = kUsualDistances;
  if (widths.classes < 1 || widths.distances < 8 || widths.distances % 4 != 0) return std::nullopt;
  return widths;
}

bool LooksLikeMaps(const GraphPort& port) {
  constexpr std::array<std::int64_t, 3> kMap{kAnySize, kAnySize, kAnySize};
  return IsFloat(port) && MayBe(port, kMap) && (!port.has_shape || port.shape[0] <= 1);
}

Result<void> CheckCounts(const Widths& widths, std::size_t labels, const Clues& clues) {
  if (widths.classes > kMaxClasses || widths.distances / 4 > kMaxDistanceBins) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model declares {} classes and {} distance bins; at most {} and {} are supported",
                            widths.classes, widths.distances / 4, kMaxClasses, kMaxDistanceBins));
  }
  if (std::cmp_not_equal(labels, widths.classes)) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model has {} classes but {} {} labels", widths.classes, LabelsSource(clues), labels));
  }
  return {};
}

}  // namespace

Recognition TryPicoDet(const OnnxHeader& header, const Clues& clues) {
  const GraphPort* pixels = FindPixels(header);
  if (pixels == nullptr || header.inputs.size() != 1 || header.outputs.size() != 2 * kLevels) return std::nullopt;
  if (!std::ranges::all_of(header.outputs, LooksLikeMaps)) return std::nullopt;
  if (auto good = CheckFamily(Family::kPicoDet, clues, "it has 4 class maps and 4 distance maps"); !good) {
    return Fail(std::move(good.error()));
  }
  Result<InputContract> input = ReadPixels(*pixels, clues, 0);
  if (!input) return Fail(std::move(input.error()));

  ModelCard card;
  card.family = Family::kPicoDet;
  card.labels = ReadLabels(header, clues);
  const auto label_count = static_cast<std::int64_t>(card.labels.size());
  const auto cells = CellsOf(*input);
  auto indices = InOrder(header.outputs, cells);
  if (!indices) indices = ByShape(header.outputs, cells, label_count);
  if (!indices) return std::nullopt;
  const auto widths = CommonWidths(header.outputs, *indices, label_count);
  if (!widths) return std::nullopt;
  if (auto good = CheckCounts(*widths, card.labels.size(), clues); !good) return Fail(std::move(good.error()));

  // Channels stay blue, green, red and meet ImageNet's means in that order: what the reference does
  // (rapid-layout 1.2.1, model_handler/pp/pre_process.py) and the model was exported for.
  card.input = std::move(*input);
  card.input.mean = {0.485F, 0.456F, 0.406F};
  card.input.deviation = {0.229F, 0.224F, 0.225F};
  PicoDetOutputs outputs{.levels = {}, .distance_bins = static_cast<int>(widths->distances / 4)};
  for (std::size_t level = 0; level < kLevels; ++level) {
    outputs.levels.push_back(
        {.stride = 8 << level, .scores = (*indices)[level], .distances = (*indices)[level + kLevels]});
  }
  card.outputs = std::move(outputs);
  return card;
}

}  // namespace doclayout::model
