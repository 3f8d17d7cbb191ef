#include "model/recognise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace doclayout::model {
namespace {

constexpr int kFloat32 = 1;
/// Larger inputs than any model of the family has: a bound for what is allocated.
constexpr std::int64_t kMaxInputSide = 4096;
constexpr std::size_t kPicoDetLevels = 4;
/// More than any model has: bounds for what is computed with for each cell.
constexpr std::int64_t kMaxDistanceBins = 64;
constexpr std::int64_t kMaxClasses = 1000;

std::string DescribePorts(const std::vector<GraphPort>& ports) {
  std::vector<std::string> texts;
  for (const GraphPort& port : ports) texts.push_back(Describe(port));
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool IsCells(const GraphPort& port, std::int64_t cells, std::int64_t width) {
  return port.element_type == kFloat32 && port.shape.size() == 3 && (port.shape[0] == 1 || port.shape[0] == -1) &&
         port.shape[1] == cells && port.shape[2] == width;
}

/// The labels of Paddle's exports: one a line under the metadata key `character`.
std::vector<std::string> ReadLabels(const OnnxHeader& header) {
  std::vector<std::string> labels;
  const auto found = header.metadata.find("character");
  if (found == header.metadata.end()) return labels;
  std::istringstream lines(found->second);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) labels.push_back(line);
  }
  return labels;
}

/// nullopt when the graph is not shaped like a PicoDet at all; an error when it is, but something does not fit.
std::optional<Result<ModelCard>> TryPicoDet(const OnnxHeader& header) {
  if (header.inputs.size() != 1 || header.outputs.size() != 2 * kPicoDetLevels) return std::nullopt;
  const GraphPort& input = header.inputs[0];
  if (input.element_type != kFloat32 || input.shape.size() != 4 || input.shape[1] != 3) return std::nullopt;
  const std::int64_t height = input.shape[2];
  const std::int64_t width = input.shape[3];
  if (height < 1 || width < 1 || height > kMaxInputSide || width > kMaxInputSide) return std::nullopt;
  if (header.outputs[0].shape.size() != 3 || header.outputs[kPicoDetLevels].shape.size() != 3) return std::nullopt;
  const std::int64_t classes = header.outputs[0].shape[2];
  const std::int64_t distances = header.outputs[kPicoDetLevels].shape[2];
  if (classes < 1 || distances < 8 || distances % 4 != 0) return std::nullopt;
  if (classes > kMaxClasses || distances / 4 > kMaxDistanceBins) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model declares {} classes and {} distance bins; at most {} and {} are supported",
                            classes, distances / 4, kMaxClasses, kMaxDistanceBins));
  }

  ModelCard card;
  card.family = Family::kPicoDet;
  // Channels stay blue, green, red and meet ImageNet's means in that order: what the reference does
  // (rapid-layout 1.2.1, model_handler/pp/pre_process.py) and the model was exported for.
  card.input = {.name = input.name,
                .width = static_cast<int>(width),
                .height = static_cast<int>(height),
                .mean = {0.485F, 0.456F, 0.406F},
                .deviation = {0.229F, 0.224F, 0.225F}};
  PicoDetOutputs outputs{.levels = {}, .distance_bins = static_cast<int>(distances / 4)};
  for (std::size_t level = 0; level < kPicoDetLevels; ++level) {
    const int stride = 8 << level;
    const std::int64_t cells = ((height + stride - 1) / stride) * ((width + stride - 1) / stride);
    if (!IsCells(header.outputs[level], cells, classes) ||
        !IsCells(header.outputs[level + kPicoDetLevels], cells, distances)) {
      return std::nullopt;
    }
    outputs.levels.push_back({.stride = stride, .scores = level, .distances = level + kPicoDetLevels});
  }
  card.outputs = std::move(outputs);
  card.labels = ReadLabels(header);
  if (card.labels.size() != static_cast<std::size_t>(classes)) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model has {} classes but its metadata key 'character' lists {} labels", classes,
                            card.labels.size()));
  }
  return card;
}

}  // namespace

Result<ModelCard> Recognise(const OnnxHeader& header) {
  if (auto card = TryPicoDet(header)) return std::move(*card);
  return Fail(
      ErrorCode::kBadModel,
      fmt::format("the model is of no supported family: found inputs ({}) and outputs ({}); supported is picodet: "
                  "one input float32 [1,3,H,W] -> 4 class maps [1,n,C] and 4 distance maps [1,n,4*bins] with strides "
                  "8, 16, 32, 64",
                  DescribePorts(header.inputs), DescribePorts(header.outputs)));
}

}  // namespace doclayout::model
