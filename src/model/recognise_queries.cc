#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/family_defaults.h"
#include "model/recognise_parts.h"

namespace doclayout::model {
namespace {

/// A floating-point output of so many dimensions, the last of which is `last` or open.
Role FloatRole(std::string_view name, std::size_t rank, std::int64_t last) {
  std::vector<std::int64_t> shape(rank, kAnySize);
  shape.back() = last;
  return {name, [shape](const GraphPort& port) { return IsFloat(port) && MayBe(port, shape); },
          [shape](const GraphPort& port) { return Declares(port, shape); }};
}

/// [N, queries, queries]
bool IsSquare(const GraphPort& port) {
  return port.has_shape && port.shape[1] > 0 && port.shape[1] == port.shape[2];
}

/// The dimension that says how many queries or classes there are; open where it is not declared.
std::int64_t SizeAt(const GraphPort& port, std::size_t dimension) {
  return port.has_shape ? port.shape[dimension] : kAnySize;
}

/// One row a query in all of them, and a table of query by query for the order.
bool QueriesAgree(const OnnxHeader& header, const QueryOutputs& outputs) {
  const std::array sizes{SizeAt(header.outputs[outputs.logits], 1), SizeAt(header.outputs[outputs.boxes], 1),
                         SizeAt(header.outputs[outputs.order], 1), SizeAt(header.outputs[outputs.order], 2),
                         SizeAt(header.outputs[outputs.masks], 1)};
  std::int64_t queries = kAnySize;
  for (const std::int64_t size : sizes) {
    if (size < 0) continue;
    if (queries >= 0 && queries != size) return false;
    queries = size;
  }
  return true;
}

std::optional<QueryOutputs> FindOutputs(const OnnxHeader& header) {
  std::array roles{FloatRole("logits", 3, kAnySize), FloatRole("pred_boxes", 3, 4),
                   FloatRole("order_logits", 3, kAnySize), FloatRole("out_masks", 4, kAnySize)};
  roles[0].is = [](const GraphPort& port) { return port.has_shape && !IsSquare(port); };
  roles[2].is = IsSquare;
  auto found = AssignRoles(header.outputs, roles, false);
  if (!found) {
    // Exporters may add what the network also computes (hidden states); then the names say what is what.
    found = AssignRoles(header.outputs, roles, true);
    const bool named =
        found && std::equal(found->begin(), found->end(), roles.begin(),
                            [&](std::size_t i, const Role& role) { return header.outputs[i].name == role.name; });
    if (!named) return std::nullopt;
  }
  const QueryOutputs outputs{.logits = (*found)[0], .boxes = (*found)[1], .order = (*found)[2], .masks = (*found)[3]};
  if (!QueriesAgree(header, outputs)) return std::nullopt;
  return outputs;
}

/// The labels must be as many as the classes are.
Result<void> CheckLabels(const ModelCard& card, std::int64_t classes, const Clues& clues) {
  if (std::cmp_greater(std::max<std::int64_t>(classes, static_cast<std::int64_t>(card.labels.size())), kMaxClasses)) {
    return Fail(ErrorCode::kBadModel, fmt::format("the model has {} classes and {} labels; at most {} are supported",
                                                  classes, card.labels.size(), kMaxClasses));
  }
  if (card.labels.empty()) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model has {} classes where the published one has 25, and nothing names them: the "
                            "official inference.yml, in one folder with the model, would (label_list)",
                            classes));
  }
  if (classes >= 0 && std::cmp_not_equal(card.labels.size(), classes)) {
    return Fail(ErrorCode::kBadModel, fmt::format("the model has {} classes but {} {} labels", classes,
                                                  LabelsSource(clues), card.labels.size()));
  }
  return {};
}

Result<ModelCard> ReadCard(const OnnxHeader& header, const Clues& clues, const GraphPort& pixels,
                           const QueryOutputs& outputs) {
  constexpr int kUsualSize = 800;
  constexpr std::size_t kUsualClasses = 25;
  if (auto good = CheckFamily(Family::kPpDocLayoutV3, clues, "it gives logits of queries"); !good) {
    return Fail(std::move(good.error()));
  }
  Result<InputContract> input = ReadPixels(pixels, clues, kUsualSize);
  if (!input) return Fail(std::move(input.error()));

  ModelCard card;
  card.family = Family::kPpDocLayoutV3;
  card.input = std::move(*input);
  card.input.channels = ChannelOrder::kRedGreenBlue;
  card.input.interpolation = Interpolation::kCubic;
  card.outputs = outputs;
  const std::int64_t classes = SizeAt(header.outputs[outputs.logits], 2);
  card.labels = ReadLabels(header, clues);
  if (card.labels.empty()) {
    card.labels = KnownLabels(card.family, classes < 0 ? kUsualClasses : static_cast<std::size_t>(classes));
  }
  if (auto good = CheckLabels(card, classes, clues); !good) return Fail(std::move(good.error()));
  return card;
}

}  // namespace

Recognition TryQueries(const OnnxHeader& header, const Clues& clues) {
  const GraphPort* pixels = FindPixels(header);
  if (pixels == nullptr || header.inputs.size() != 1) return std::nullopt;
  const auto outputs = FindOutputs(header);
  if (!outputs) return std::nullopt;
  return ReadCard(header, clues, *pixels, *outputs);
}

}  // namespace doclayout::model
