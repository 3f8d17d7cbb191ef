// Random outputs of a model of every family, with random choices of the caller: whatever they hold, regions lie on the
// page, and the same input gives the same regions.
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postprocess/detection_options.h"
#include "postprocess/layout.h"

namespace {

using namespace doclayout;  // NOLINT: one file

/// Coordinates and logits of some size, and now and then a value that is none.
float MakeFloat(FuzzedDataProvider& data) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::array kOdd{
      std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity, 3e38F, -3e38F, 1.7e7F, -0.0F,
      std::numeric_limits<float>::denorm_min()};
  const auto value = data.ConsumeIntegral<std::int16_t>();
  if (value >= 32760) return kOdd[static_cast<std::size_t>(value - 32760)];
  return static_cast<float>(value) / 16;
}

/// The outputs and what they lie in.
class Outputs {
 public:
  explicit Outputs(FuzzedDataProvider& data) : data_(data) {}

  std::size_t AddFloats(Shape shape, float scale = 1) {
    std::vector<float>& values = floats_.emplace_back(ElementCount(shape));
    for (float& value : values) value = MakeFloat(data_) * scale;
    return Add(ElementType::kFloat32, std::move(shape), values.data());
  }

  std::size_t AddIntegers(Shape shape) {
    std::vector<std::int32_t>& values = integers_.emplace_back(ElementCount(shape));
    for (std::int32_t& value : values) value = data_.ConsumeIntegralInRange(-1, 30);
    return Add(ElementType::kInt32, std::move(shape), values.data());
  }

  std::size_t AddBytes(Shape shape) {
    std::vector<std::uint8_t>& values = bytes_.emplace_back(ElementCount(shape));
    for (std::uint8_t& value : values) value = data_.ConsumeBool() ? 1 : 0;
    return Add(ElementType::kUint8, std::move(shape), values.data());
  }

  std::vector<TensorView>& views() { return views_; }

 private:
  std::size_t Add(ElementType type, Shape shape, const void* data) {
    views_.push_back({"output", type, std::move(shape), data});
    return views_.size() - 1;
  }

  FuzzedDataProvider& data_;
  std::deque<std::vector<float>> floats_;
  std::deque<std::vector<std::int32_t>> integers_;
  std::deque<std::vector<std::uint8_t>> bytes_;
  std::vector<TensorView> views_;
};

void MakePicoDet(Outputs& outputs, model::ModelCard& card) {
  card.family = model::Family::kPicoDet;
  card.input = {.name = "image", .width = 32, .height = 32};
  model::PicoDetOutputs description{.levels = {}, .distance_bins = 8};
  for (const int stride : {16, 32}) {
    const auto columns = static_cast<std::size_t>(32 / stride);
    const std::size_t cells = columns * columns;
    const std::size_t scores = outputs.AddFloats({1, cells, card.labels.size()}, 0.01F);
    description.levels.push_back({.stride = stride, .scores = scores, .distances = outputs.AddFloats({1, cells, 32})});
  }
  card.outputs = std::move(description);
}

/// Cells of a mask: nearly always as many as belong to the input.
std::size_t MaskSide(FuzzedDataProvider& data) {
  return data.ConsumeIntegralInRange(0, 31) == 31 ? data.ConsumeIntegralInRange<std::size_t>(0, 9) : 8;
}

void MakeRows(FuzzedDataProvider& data, Outputs& outputs, model::ModelCard& card, int pages) {
  card.family = data.PickValueInArray(
      {model::Family::kPpDocLayout, model::Family::kPpDocLayoutV2, model::Family::kPpDocLayoutV3});
  const auto rows = data.ConsumeIntegralInRange<std::size_t>(0, 40);
  model::DetectionOutputs description{.boxes = 0, .columns = data.ConsumeIntegralInRange<std::size_t>(6, 8)};
  description.boxes = outputs.AddFloats({rows, description.columns});
  auto* values = const_cast<float*>(static_cast<const float*>(outputs.views().back().data));
  for (std::size_t row = 0; row < rows; ++row) {
    // Of arbitrary numbers few are a label and a score.
    values[row * description.columns] = static_cast<float>(data.ConsumeIntegralInRange(-1, 6));
    values[row * description.columns + 1] = static_cast<float>(data.ConsumeIntegral<std::uint8_t>()) / 200;
  }
  if (data.ConsumeBool()) {
    const Shape shape{rows, MaskSide(data), MaskSide(data)};
    description.masks = data.ConsumeBool() ? outputs.AddBytes(shape) : outputs.AddIntegers(shape);
  }
  if (data.ConsumeBool()) description.count = outputs.AddIntegers({static_cast<std::size_t>(pages)});
  card.outputs = description;
}

void MakeQueries(FuzzedDataProvider& data, Outputs& outputs, model::ModelCard& card, int pages) {
  card.family = model::Family::kPpDocLayoutV3;
  const auto batch = static_cast<std::size_t>(pages);
  const auto queries = data.ConsumeIntegralInRange<std::size_t>(0, 12);
  model::QueryOutputs description;
  description.logits = outputs.AddFloats({batch, queries, card.labels.size()}, 0.01F);
  description.boxes = outputs.AddFloats({batch, queries, 4}, 0.001F);
  description.order = outputs.AddFloats({batch, queries, queries}, 0.01F);
  description.masks = outputs.AddFloats({batch, queries, MaskSide(data), MaskSide(data)}, 0.01F);
  card.outputs = description;
}

template <typename T>
std::optional<T> Maybe(FuzzedDataProvider& data, T value) {
  return data.ConsumeBool() ? std::optional<T>(value) : std::nullopt;
}

AnalyzeParameters MakeParameters(FuzzedDataProvider& data) {
  const auto mode = [&] { return data.PickValueInArray({MergeMode::kUnion, MergeMode::kLarge, MergeMode::kSmall}); };
  const auto ratio = [&] {
    return UnclipRatio{data.ConsumeIntegralInRange(1, 500) / 100.0, data.ConsumeIntegralInRange(1, 500) / 100.0};
  };
  AnalyzeParameters parameters;
  parameters.threshold = Maybe(data, data.ConsumeProbability<float>());
  parameters.nms = Maybe(data, data.ConsumeBool());
  parameters.merge = Maybe(data, mode());
  parameters.unclip = Maybe(data, ratio());
  parameters.shape = Maybe(
      data, data.PickValueInArray({RegionShape::kRect, RegionShape::kQuad, RegionShape::kPoly, RegionShape::kAuto}));
  parameters.overlap_filter = Maybe(data, data.ConsumeBool());
  parameters.polygon_width = Maybe(data, data.PickValueInArray({PolygonWidth::kReference, PolygonWidth::kExact}));
  if (data.ConsumeBool()) parameters.class_threshold["2"] = data.ConsumeProbability<float>();
  if (data.ConsumeBool()) parameters.class_merge["image"] = mode();
  if (data.ConsumeBool()) parameters.class_unclip["text"] = ratio();
  if (data.ConsumeBool()) parameters.class_merge[data.ConsumeRandomLengthString(4)] = mode();
  return parameters;
}

void Check(const PageLayout& layout, const model::ModelCard& card) {
  int order = 0;
  for (const Region& region : layout.regions) {
    const Box& box = region.bbox;
    const bool on_page = box.x1 >= 0 && box.y1 >= 0 && box.x2 <= static_cast<float>(layout.width) &&
                         box.y2 <= static_cast<float>(layout.height) && box.x1 <= box.x2 && box.y1 <= box.y2;
    if (!on_page || !std::isfinite(region.score)) std::abort();
    if (region.label != card.labels.at(static_cast<std::size_t>(region.label_id))) std::abort();
    if (region.order && *region.order != ++order) std::abort();
    if (!region.polygon.empty() && region.polygon.size() < 4) std::abort();
    for (const Point& point : region.polygon) {
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const AnalyzeParameters parameters = MakeParameters(data);
  PageLayout layout{.width = data.ConsumeIntegralInRange(1, 3000), .height = data.ConsumeIntegralInRange(1, 3000)};
  const int pages = data.ConsumeIntegralInRange(1, 3);
  const int page = data.ConsumeIntegralInRange(0, 2);

  model::ModelCard card;
  card.name = "fuzzed";
  card.labels = {"text", "image", "table", "formula", "inline_formula", "reference"};
  card.input = {.name = "image", .width = 32, .height = 32};
  card.defaults.unordered_labels = std::vector<std::string>{"image"};
  card.defaults.overlap_filter = true;
  Outputs outputs(data);
  switch (data.ConsumeIntegralInRange(0, 3)) {
    case 0:
      MakePicoDet(outputs, card);
      break;
    case 1:
      MakeQueries(data, outputs, card, pages);
      break;
    default:
      MakeRows(data, outputs, card, pages);
  }
  if (data.ConsumeProbability<float>() > 0.95F && !outputs.views().empty()) {
    outputs.views().pop_back();  // Fewer outputs than the card says.
  }

  const bool possible = postprocess::CheckParameters(card, parameters).has_value();
  const postprocess::BatchPlace place{.index = page, .size = pages};
  const auto filled = postprocess::FillRegions(outputs.views(), card, parameters, layout, place);
  if (!filled) {
    if (possible && filled.error().code == ErrorCode::kBadParameter) std::abort();
    return 0;
  }
  Check(layout, card);
  PageLayout again{.width = layout.width, .height = layout.height};
  if (!postprocess::FillRegions(outputs.views(), card, parameters, again, place)) std::abort();
  if (again.regions.size() != layout.regions.size()) std::abort();
  return 0;
}
