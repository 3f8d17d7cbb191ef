#include "recorded_outputs.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "model/family_defaults.h"

namespace doclayout {
namespace {

constexpr std::string_view kTransformers = "pp-doclayoutv3-transformers";
constexpr std::size_t kPicoDetLevels = 4;

Error AtFile(Error error, const std::string& name) {
  error.message = fmt::format("{}.npy: {}", name, error.message);
  return error;
}

/// Classes of the published model whose outputs do not say how many they have.
std::size_t PublishedClasses(model::Family family) {
  return family == model::Family::kPpDocLayout ? 23 : 25;
}

}  // namespace

Result<RecordedOutputs> RecordedOutputs::Read(const config::PostprocessConfig& config) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(config.folder, ignored)) {
    return Fail(ErrorCode::kNotFound, fmt::format("'{}' is not a folder with recorded outputs", config.folder));
  }
  RecordedOutputs outputs(config);
  const bool queries = config.family == kTransformers;
  const auto family = model::ParseFamily(queries ? "pp-doclayoutv3" : config.family);
  if (!family) return Fail(family.error());
  model::ModelCard& card = outputs.card_;
  card.name = config.family;
  card.family = *family;
  card.input = {.name = "image", .width = 800, .height = 800};
  Result<void> read;
  if (queries) {
    read = outputs.ReadQueries();
  } else if (*family == model::Family::kPicoDet) {
    card.input.width = 608;
    read = outputs.ReadPicoDet();
  } else {
    read = outputs.ReadRows(PublishedClasses(*family));
  }
  if (!read) return Fail(std::move(read.error()));
  card.defaults = model::FamilyParameters(card.family, card.labels);
  return outputs;
}

Result<void> RecordedOutputs::ReadPicoDet() {
  model::PicoDetOutputs description;
  for (std::size_t level = 0; level < kPicoDetLevels; ++level) {
    const auto scores = Add(fmt::format("scores_{}", level), 2, 3);
    if (!scores) return Fail(scores.error());
    const auto distances = Add(fmt::format("distances_{}", level), 2, 3);
    if (!distances) return Fail(distances.error());
    description.levels.push_back({.stride = 8 << level, .scores = 2 * level, .distances = 2 * level + 1});
    if (level > 0) continue;
    if (auto labels = SetLabels(scores->shape[2]); !labels) return labels;
    description.distance_bins = static_cast<int>(distances->shape[2] / 4);
  }
  card_.outputs = std::move(description);
  return {};
}

Result<void> RecordedOutputs::ReadRows(std::size_t classes) {
  if (auto labels = SetLabels(labels_.empty() ? classes : labels_.size()); !labels) return labels;
  const auto boxes = Add("boxes", 2, 2);
  if (!boxes) return Fail(boxes.error());
  const std::size_t columns = boxes->shape[1];
  if (columns < 6 || columns > 8) {
    return Fail(ErrorCode::kUndecodable, fmt::format("boxes.npy: it has {} columns and not 6, 7 or 8", columns));
  }
  model::DetectionOutputs description{.boxes = 0, .columns = columns};
  if (Has("masks")) {
    if (const auto masks = Add("masks", 3, 3); !masks) return Fail(masks.error());
    description.masks = 1;
  }
  card_.outputs = description;
  return {};
}

Result<void> RecordedOutputs::ReadQueries() {
  card_.outputs = model::QueryOutputs{.logits = 0, .boxes = 1, .order = 2, .masks = 3};
  const auto logits = Add("logits", 2, 3);
  if (!logits) return Fail(logits.error());
  for (const auto& [name, rank] : {std::pair{"pred_boxes", 2}, {"order_logits", 2}, {"out_masks", 3}}) {
    const auto size = static_cast<std::size_t>(rank);
    if (const auto added = Add(name, size, size + 1); !added) return Fail(added.error());
  }
  return SetLabels(logits->shape[2]);
}

Result<void> RecordedOutputs::SetLabels(std::size_t classes) {
  card_.labels = labels_.empty() ? model::KnownLabels(card_.family, classes) : labels_;
  if (card_.labels.empty()) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("no labels are known for {} classes; name them with --labels", classes));
  }
  if (card_.labels.size() == classes) return {};
  return Fail(ErrorCode::kBadParameter,
              fmt::format("{} labels are given, and the outputs have {} classes", card_.labels.size(), classes));
}

bool RecordedOutputs::Has(const std::string& name) const {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::path(folder_) / (name + ".npy"), ignored);
}

Result<TensorView> RecordedOutputs::Add(const std::string& name, std::size_t rank, std::size_t rank_of_tensor) {
  auto array = postprocess::NpyArray::Load(std::filesystem::path(folder_) / (name + ".npy"));
  if (!array) return Fail(AtFile(std::move(array.error()), name));
  if (array->shape().size() != rank) {
    return Fail(ErrorCode::kUndecodable,
                fmt::format("{}.npy: it has {} dimensions and not {}", name, array->shape().size(), rank));
  }
  // Its elements stay where they are when the array moves.
  tensors_.push_back(array->View("recorded", rank_of_tensor));
  arrays_.push_back(std::move(*array));
  return tensors_.back();
}

}  // namespace doclayout
