#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/family_defaults.h"
#include "model/recognise_parts.h"

namespace doclayout::model {
namespace {

constexpr std::string_view kImShape = "im_shape";
constexpr std::string_view kScaleFactor = "scale_factor";

struct Columns {
  Family family;
  std::int64_t count;
};
constexpr std::array kColumns{Columns{Family::kPpDocLayout, 6}, Columns{Family::kPpDocLayoutV2, 8},
                              Columns{Family::kPpDocLayoutV3, 7}};

/// Null: there is none, or it is not [N, 2].
const GraphPort* FindPair(const OnnxHeader& header, std::string_view name) {
  constexpr std::array<std::int64_t, 2> kPair{kAnySize, 2};
  for (const GraphPort& port : header.inputs) {
    if (port.name == name && IsFloat(port) && MayBe(port, kPair)) return &port;
  }
  return nullptr;
}

bool IsCountType(const GraphPort& port) {
  return port.element_type == element_type::kInt32 || port.element_type == element_type::kInt64;
}

bool IsMaskType(const GraphPort& port) {
  constexpr std::array kTypes{element_type::kUint8, element_type::kInt8, element_type::kInt32, element_type::kBool};
  return std::ranges::find(kTypes, port.element_type) != kTypes.end();
}

bool MayBeRows(const GraphPort& port) {
  constexpr std::array<std::int64_t, 2> kRows{kAnySize, kAnySize};
  if (!IsFloat(port) || !MayBe(port, kRows)) return false;
  if (!port.has_shape || port.shape[1] < 0) return true;
  return std::ranges::any_of(kColumns, [&](const Columns& known) { return known.count == port.shape[1]; });
}

bool MayBeCount(const GraphPort& port) {
  return IsCountType(port) && (!port.has_shape || port.shape.size() <= 1);
}

bool MayBeMasks(const GraphPort& port) {
  constexpr std::array<std::int64_t, 3> kMasks{kAnySize, kAnySize, kAnySize};
  return IsMaskType(port) && MayBe(port, kMasks);
}

bool HasShape(const GraphPort& port) {
  return port.has_shape;
}

/// Boxes alone, with their count, with masks or with both.
std::optional<DetectionOutputs> FindOutputs(const OnnxHeader& header) {
  const Role rows{"", MayBeRows, HasShape};
  const Role count{"", MayBeCount, HasShape};
  const Role masks{"", MayBeMasks, HasShape};
  if (const auto found = AssignRoles(header.outputs, std::array{rows, count, masks}, false)) {
    return DetectionOutputs{.boxes = (*found)[0], .columns = 0, .count = (*found)[1], .masks = (*found)[2]};
  }
  if (const auto found = AssignRoles(header.outputs, std::array{rows, count}, false)) {
    return DetectionOutputs{.boxes = (*found)[0], .columns = 0, .count = (*found)[1], .masks = {}};
  }
  if (const auto found = AssignRoles(header.outputs, std::array{rows, masks}, false)) {
    return DetectionOutputs{.boxes = (*found)[0], .columns = 0, .count = {}, .masks = (*found)[1]};
  }
  if (const auto found = AssignRoles(header.outputs, std::array{rows}, false)) {
    return DetectionOutputs{.boxes = (*found)[0], .columns = 0, .count = {}, .masks = {}};
  }
  return std::nullopt;
}

/// From the columns, where the graph declares them; else from the clue, or from masks, which V3 alone has.
Result<Family> FindFamily(const GraphPort& rows, const DetectionOutputs& outputs, const Clues& clues) {
  for (const Columns& known : kColumns) {
    if (!rows.has_shape || rows.shape[1] != known.count) continue;
    const auto good =
        CheckFamily(known.family, clues, fmt::format("its output '{}' has {} columns", rows.name, known.count));
    if (!good) return Fail(good.error());
    return known.family;
  }
  if (outputs.masks) {
    if (auto good = CheckFamily(Family::kPpDocLayoutV3, clues, "it gives masks"); !good) return Fail(good.error());
    return Family::kPpDocLayoutV3;
  }
  if (!clues.family) {
    return Fail(
        ErrorCode::kBadModel,
        fmt::format("the model's family cannot be told: the columns of its output '{}' are not declared; say it "
                    "with --family pp-doclayout (6 columns), pp-doclayoutv2 (8) or pp-doclayoutv3 (7), or put "
                    "the official inference.yml into one folder with the model",
                    Describe(rows)));
  }
  if (*clues.family == Family::kPicoDet) {
    return Fail(ErrorCode::kBadModel, fmt::format("{} says that the model's family is picodet, but it gives detections",
                                                  clues.family_source));
  }
  return *clues.family;
}

/// Resizing and normalisation as in the models' `inference.yml`. The networks that take `im_shape` (DETR) get pixels
/// from 0 to 1; the others of `pp-doclayout` (M and S, with PicoDet's backbone) ImageNet's normalisation.
void SetPreprocessing(Family family, InputContract& input) {
  input.channels = ChannelOrder::kRedGreenBlue;
  input.interpolation = Interpolation::kCubic;
  if (family != Family::kPpDocLayout || !input.im_shape.empty()) return;
  input.mean = {0.485F, 0.456F, 0.406F};
  input.deviation = {0.229F, 0.224F, 0.225F};
}

/// Of `pp-doclayout` only plus-L takes 800 x 800 pixels, and only it has 20 classes; L and M take 640 and S takes 480.
std::size_t UsualClasses(Family family, const InputContract& input) {
  if (family != Family::kPpDocLayout) return 25;
  return input.height == 800 ? 20 : 23;
}

Result<ModelCard> ReadCard(const OnnxHeader& header, const Clues& clues, const GraphPort& pixels,
                           DetectionOutputs outputs) {
  const GraphPort& rows = header.outputs[outputs.boxes];
  const Result<Family> family = FindFamily(rows, outputs, clues);
  if (!family) return Fail(family.error());
  if (outputs.masks && *family != Family::kPpDocLayoutV3) {
    return Fail(ErrorCode::kBadModel, fmt::format("the model gives masks ('{}'), which {} has none of",
                                                  Describe(header.outputs[*outputs.masks]), FamilyName(*family)));
  }
  Result<InputContract> input = ReadPixels(pixels, clues, *family == Family::kPpDocLayout ? 0 : 800);
  if (!input) return Fail(std::move(input.error()));

  ModelCard card;
  card.family = *family;
  card.input = std::move(*input);
  card.input.scale_factor = kScaleFactor;
  if (FindPair(header, kImShape) != nullptr) card.input.im_shape = kImShape;
  SetPreprocessing(card.family, card.input);
  for (const Columns& known : kColumns) {
    if (known.family == card.family) outputs.columns = static_cast<std::size_t>(known.count);
  }
  card.outputs = outputs;
  card.labels = ReadLabels(header, clues);
  if (card.labels.empty()) card.labels = KnownLabels(card.family, UsualClasses(card.family, card.input));
  if (std::cmp_greater(card.labels.size(), kMaxClasses)) {
    return Fail(ErrorCode::kBadModel, fmt::format("of the model {} {} labels; at most {} are supported",
                                                  LabelsSource(clues), card.labels.size(), kMaxClasses));
  }
  return card;
}

}  // namespace

Recognition TryDetections(const OnnxHeader& header, const Clues& clues) {
  const GraphPort* pixels = FindPixels(header);
  if (pixels == nullptr || FindPair(header, kScaleFactor) == nullptr) return std::nullopt;
  const std::size_t known_inputs = FindPair(header, kImShape) == nullptr ? 2 : 3;
  if (header.inputs.size() != known_inputs) return std::nullopt;
  const auto outputs = FindOutputs(header);
  if (!outputs) return std::nullopt;
  return ReadCard(header, clues, *pixels, *outputs);
}

}  // namespace doclayout::model
