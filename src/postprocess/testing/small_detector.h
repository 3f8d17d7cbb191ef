#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model_card.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// Outputs of a model that gives rows, as a test writes them: seven columns, masks and counts when there are any.
struct SmallDetector {
  model::ModelCard card;
  std::vector<float> rows;
  std::vector<std::uint8_t> masks;  ///< of 20x20 cells, one a row
  std::vector<std::int32_t> counts;

  SmallDetector() {
    card.name = "small";
    card.family = model::Family::kPpDocLayoutV3;
    card.labels = {"text", "image", "table"};
    card.input = {.name = "image", .width = 80, .height = 80};
    card.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7};
    card.defaults = {.threshold = 0.3F, .nms = true, .shape = RegionShape::kAuto};
  }

  model::DetectionOutputs& description() { return std::get<model::DetectionOutputs>(card.outputs); }

  void Add(float label, float score, Box box, float order) {
    rows.insert(rows.end(), {label, score, box.x1, box.y1, box.x2, box.y2, order});
  }

  /// Adds the next row's mask: a rectangle of cells.
  void AddMask(int x1, int y1, int x2, int y2) {
    description().masks = 1;
    for (int y = 0; y < 20; ++y) {
      for (int x = 0; x < 20; ++x) masks.push_back(x >= x1 && x < x2 && y >= y1 && y < y2 ? 1 : 0);
    }
  }

  /// Rows of each page of a batch.
  void Count(std::vector<std::int32_t> rows_of_pages) {
    description().count = 2;
    counts = std::move(rows_of_pages);
  }

  std::vector<TensorView> Outputs() const {
    return {{"boxes", ElementType::kFloat32, {rows.size() / 7, 7}, rows.data()},
            {"masks", ElementType::kUint8, {masks.size() / 400, 20, 20}, masks.data()},
            {"count", ElementType::kInt32, {counts.size()}, counts.data()}};
  }
};

}  // namespace doclayout::postprocess
