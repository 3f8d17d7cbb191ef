#include "detections_subject.h"

#include <cmath>
#include <cstddef>

#include "model/family_defaults.h"

namespace doclayout::bench {
namespace {

constexpr std::size_t kRows = 300;
constexpr std::size_t kLeft = 60;
constexpr std::size_t kSide = 200;  // cells of a mask
constexpr float kText = 22;

}  // namespace

DetectionsSubject::DetectionsSubject() : masks_(kRows * kSide * kSide) {
  card_.family = model::Family::kPpDocLayoutV3;
  card_.labels = model::KnownLabels(card_.family, 25);
  card_.defaults = model::FamilyParameters(card_.family, card_.labels);
  card_.input = {.name = "image", .width = 800, .height = 800};
  card_.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7, .count = {}, .masks = 1};

  for (std::size_t row = 0; row < kRows; ++row) {
    const std::size_t worse = row / kLeft;  // The best row of a place comes first.
    const std::size_t column = row % 3;
    const std::size_t line = row % kLeft / 3;
    const auto shift = static_cast<float>(worse);
    const float x = 60 + 520 * static_cast<float>(column) + shift;
    const float y = 60 + 112 * static_cast<float>(line) + shift;
    rows_.insert(rows_.end(), {kText, 0.95F - 0.1F * shift, x, y, x + 490, y + 100, static_cast<float>(row)});
    DrawMask(row, x / 1654 * kSide, y / 2339 * kSide, (x + 490) / 1654 * kSide, (y + 100) / 2339 * kSide);
  }
  outputs_ = {{"boxes", ElementType::kFloat32, {kRows, 7}, rows_.data()},
              {"masks", ElementType::kInt32, {kRows, kSide, kSide}, masks_.data()}};
}

void DetectionsSubject::DrawMask(std::size_t row, float x1, float y1, float x2, float y2) {
  std::int32_t* mask = masks_.data() + row * kSide * kSide;
  for (auto x = static_cast<std::size_t>(x1); static_cast<float>(x) < std::ceil(x2); ++x) {
    const float sag = 3 * (static_cast<float>(x) - x1) / (x2 - x1);
    for (auto y = static_cast<std::size_t>(y1 + sag); static_cast<float>(y) < y2 + sag - 3; ++y)
      mask[y * kSide + x] = 1;
  }
}

}  // namespace doclayout::bench
