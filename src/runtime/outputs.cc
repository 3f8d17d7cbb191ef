#include "runtime/outputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <variant>

namespace doclayout::runtime {
namespace {

std::string_view TypeName(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kFloat32:
      break;
  }
  return "float32";
}

/// Not a blank page: on one, all candidates score alike and the work that depends on their order is not the usual.
void FillWithNoise(std::span<std::uint8_t> image) {
  std::minstd_rand random(1);
  std::ranges::generate(image, [&] { return static_cast<std::uint8_t>(random() >> 8U); });
}

/// Each row has its mask.
Result<void> CheckRows(std::span<const TensorView> outputs, const model::DetectionOutputs& detections) {
  if (!detections.masks) return {};
  const std::size_t rows = outputs[detections.boxes].shape[0];
  const std::size_t masks = outputs[*detections.masks].shape[0];
  if (rows == masks) return {};
  return Fail(ErrorCode::kBadModel, fmt::format("the model gives {} rows of detections and {} masks", rows, masks));
}

}  // namespace

ElementType OutputType(const model::ModelCard& card, std::size_t output) {
  const auto* detections = std::get_if<model::DetectionOutputs>(&card.outputs);
  if (detections != nullptr && detections->masks == output) return ElementType::kUint8;
  if (detections != nullptr && detections->count == output) return ElementType::kInt32;
  return ElementType::kFloat32;
}

Result<void> CheckOutputs(std::span<const TensorView> outputs, const model::ModelCard& card, int batch) {
  for (const model::OutputContract& contract : model::ExpectedOutputs(card, batch)) {
    if (contract.output >= outputs.size()) {
      return Fail(ErrorCode::kBadModel, fmt::format("the model gives {} outputs where its file declares at least {}",
                                                    outputs.size(), contract.output + 1));
    }
    const TensorView& output = outputs[contract.output];
    if (!model::Fits(contract, output.shape)) {
      return Fail(ErrorCode::kBadModel,
                  fmt::format("the model's output '{}' has the shape [{}] where its file declares [{}]", output.name,
                              fmt::join(output.shape, ","), fmt::join(contract.shape, ",")));
    }
    if (const ElementType type = OutputType(card, contract.output); output.type != type) {
      return Fail(ErrorCode::kBadModel, fmt::format("the model's output '{}' is of type {} where {} is expected",
                                                    output.name, TypeName(output.type), TypeName(type)));
    }
  }
  const auto* detections = std::get_if<model::DetectionOutputs>(&card.outputs);
  return detections != nullptr ? CheckRows(outputs, *detections) : Result<void>{};
}

Result<void> WarmUp(Session& session, const model::ModelCard& card) {
  for (int page = 0; page < session.batch(); ++page) {
    FillWithNoise(session.image(page));
    session.SetScaleFactor(page, 1, 1);
  }
  const auto outputs = session.Run();
  if (!outputs) return Fail(outputs.error());
  return CheckOutputs(*outputs, card, session.batch());
}

}  // namespace doclayout::runtime
