#include "postprocess/picodet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "postprocess/nms.h"
#include "postprocess/row_reading.h"

namespace doclayout::postprocess {
namespace {

constexpr std::size_t kCellsALevel = 1000;
constexpr NmsOptions kNms{};  // The reference's numbers; the threshold comes from the model card.

/// The two outputs of a level and the grid that their cells lie on.
struct Level {
  std::span<const float> scores;
  std::span<const float> distances;
  std::size_t cells = 0;
  std::size_t columns = 0;
  double stride = 0;
};

Result<Level> ViewLevel(std::span<const TensorView> outputs, const model::ModelCard& card,
                        const model::DetectionLevel& level) {
  for (const model::OutputContract& contract : model::ExpectedOutputsOf(card, level)) {
    if (contract.output >= outputs.size()) {
      return Fail(ErrorCode::kInternal, fmt::format("the model gave {} outputs, too few", outputs.size()));
    }
    const TensorView& output = outputs[contract.output];
    if (output.type != ElementType::kFloat32 || !model::Fits(contract, output.shape)) {
      return Fail(ErrorCode::kInternal,
                  fmt::format("the outputs of stride {} are not shaped as declared", level.stride));
    }
  }
  const model::DetectionGrid grid = model::GridOf(card, level);
  return Level{outputs[level.scores].floats(), outputs[level.distances].floats(), grid.columns * grid.rows,
               grid.columns, static_cast<double>(level.stride)};
}

/// Cells with any score above the threshold, at most `kCellsALevel` of the best, in the grid's order.
std::vector<std::size_t> SelectCells(const Level& level, std::size_t classes, float threshold) {
  std::vector<std::size_t> cells;
  std::vector<float> best;
  for (std::size_t cell = 0; cell < level.cells; ++cell) {
    const float* scores = level.scores.data() + cell * classes;
    const float maximum = *std::max_element(scores, scores + classes);
    if (maximum > threshold) {
      cells.push_back(cell);
      best.push_back(maximum);
    }
  }
  if (cells.size() <= kCellsALevel) return cells;

  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return best[a] > best[b]; });
  order.resize(kCellsALevel);
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> selected;
  selected.reserve(kCellsALevel);
  for (std::size_t index : order) selected.push_back(cells[index]);
  return selected;
}

/// The mean of a softmax over the bins 0, 1, 2, …: a side's distance from the cell's centre, in strides.
double ExpectedBin(const float* logits, int bins) {
  const float maximum = *std::max_element(logits, logits + bins);
  double sum = 0;
  double weighted = 0;
  for (int bin = 0; bin < bins; ++bin) {
    const double weight = std::exp(static_cast<double>(logits[bin]) - maximum);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}

ScoredBox DecodeBox(const Level& level, std::size_t cell, int bins) {
  const double x = (static_cast<double>(cell % level.columns) + 0.5) * level.stride;
  const std::size_t row = cell / level.columns;
  const double y = (static_cast<double>(row) + 0.5) * level.stride;
  const float* logits = level.distances.data() + cell * 4 * static_cast<std::size_t>(bins);
  std::array<double, 4> distance{};
  for (std::size_t side = 0; side < 4; ++side) {
    distance[side] = ExpectedBin(logits + side * static_cast<std::size_t>(bins), bins) * level.stride;
  }
  return {.x1 = x - distance[0], .y1 = y - distance[1], .x2 = x + distance[2], .y2 = y + distance[3]};
}

/// From the model's input to the page; boxes end at the border.
Box ToPage(const ScoredBox& box, const model::InputContract& input, PageSize page) {
  const auto scale = [](double value, int from, int to) {
    const double clipped = std::clamp(value, 0.0, static_cast<double>(from));
    return static_cast<float>(clipped * to / from);
  };
  return {.x1 = scale(box.x1, input.width, page.width),
          .y1 = scale(box.y1, input.height, page.height),
          .x2 = scale(box.x2, input.width, page.width),
          .y2 = scale(box.y2, input.height, page.height)};
}

}  // namespace

Result<std::vector<Region>> DecodePicoDet(std::span<const TensorView> outputs, const model::ModelCard& card,
                                          const AnalyzeParameters& parameters, PageSize page) {
  const auto& description_of_outputs = std::get<model::PicoDetOutputs>(card.outputs);
  const float threshold = parameters.threshold.value_or(card.defaults.threshold.value_or(0.5F));
  const std::size_t classes = card.labels.size();
  std::vector<std::vector<ScoredBox>> boxes(classes);
  for (const model::DetectionLevel& description : description_of_outputs.levels) {
    const Result<Level> level = ViewLevel(outputs, card, description);
    if (!level) return Fail(level.error());
    if (!AllFinite(level->scores)) return NotFinite("scores");
    for (std::size_t cell : SelectCells(*level, classes, threshold)) {
      ScoredBox box = DecodeBox(*level, cell, description_of_outputs.distance_bins);
      if (!std::isfinite(box.x1 + box.y1 + box.x2 + box.y2)) return NotFinite("distances");
      for (std::size_t label = 0; label < classes; ++label) {
        box.score = level->scores[cell * classes + label];
        if (box.score > threshold) boxes[label].push_back(box);
      }
    }
  }

  NmsOptions nms = kNms;
  nms.iou_threshold = card.iou_threshold;
  if (!parameters.nms.value_or(card.defaults.nms.value_or(true))) {
    nms.iou_threshold = 2;  // More than any overlap: nothing is suppressed.
    nms.keep = nms.candidates;
  }
  std::vector<Region> regions;
  for (std::size_t label = 0; label < classes; ++label) {
    for (std::size_t index : SuppressNonMaxima(boxes[label], nms)) {
      const ScoredBox& box = boxes[label][index];
      regions.push_back({.label = card.labels[label],
                         .label_id = static_cast<int>(label),
                         .score = box.score,
                         .bbox = ToPage(box, card.input, page)});
    }
  }
  return regions;
}

}  // namespace doclayout::postprocess
