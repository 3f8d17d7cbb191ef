#include "postprocess/row_reading.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace doclayout::postprocess {
namespace {

constexpr float kFarthest = 1 << 24;

/// Adding zero makes a plain 0 of -0.
float RoundHalfToEven(float value) {
  return std::nearbyint(value) + 0.0F;
}

bool IsNear(float value) {
  return std::abs(value) <= kFarthest;
}

}  // namespace

bool IsUsable(const Box& box) {
  return IsNear(box.x1) && IsNear(box.y1) && IsNear(box.x2) && IsNear(box.y2);
}

Box Round(const Box& box) {
  return {RoundHalfToEven(box.x1), RoundHalfToEven(box.y1), RoundHalfToEven(box.x2), RoundHalfToEven(box.y2)};
}

Result<const TensorView*> FindOutput(std::span<const TensorView> outputs, std::size_t index, std::size_t rank,
                                     std::string_view what) {
  if (index >= outputs.size()) {
    return Fail(ErrorCode::kInternal, fmt::format("the model gave {} outputs and no {}", outputs.size(), what));
  }
  const TensorView& output = outputs[index];
  if (output.shape.size() != rank) {
    return Fail(ErrorCode::kInternal, fmt::format("the model's {} are shaped [{}], which is not of rank {}", what,
                                                  fmt::join(output.shape, ","), rank));
  }
  return &output;
}

Result<void> CheckMaskSize(std::size_t height, std::size_t width, const model::InputContract& input) {
  const auto [rows, columns] = model::MaskCells(input);
  if (height == rows && width == columns) return {};
  return Fail(ErrorCode::kInternal, fmt::format("the model's masks have {}x{} cells and not {}x{}, one for each {}x{} "
                                                "pixels of its input",
                                                width, height, columns, rows, model::kMaskStride, model::kMaskStride));
}

tl::unexpected<Error> NotFinite(std::string_view what) {
  return Fail(ErrorCode::kInternal, fmt::format("the model's {} hold values that are infinite or no numbers", what));
}

Result<void> CheckPlace(BatchPlace place) {
  if (place.index >= 0 && place.index < place.size) return {};
  return Fail(ErrorCode::kInternal, fmt::format("there is no page {} in a batch of {}", place.index, place.size));
}

}  // namespace doclayout::postprocess
