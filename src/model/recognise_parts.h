#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "model/onnx_header.h"
#include "model/recognise.h"

namespace doclayout::model {

// What `Recognise` is made of: one function for each kind of output, and what they share. Thread-safe; nothing blocks.

/// nullopt when the graph is not shaped like that kind at all; an error when it is, but something does not fit.
using Recognition = std::optional<Result<ModelCard>>;

Recognition TryPicoDet(const OnnxHeader& header, const Clues& clues);
Recognition TryDetections(const OnnxHeader& header, const Clues& clues);
Recognition TryQueries(const OnnxHeader& header, const Clues& clues);

/// More than any model has: a bound for what is allocated and counted later.
constexpr std::int64_t kMaxClasses = 1000;

/// float32 or float16.
bool IsFloat(const GraphPort& port);

/// Whether the port may have that shape: `kAnySize` on either side fits everything, and so does an undeclared shape.
bool MayBe(const GraphPort& port, std::span<const std::int64_t> shape);

/// Whether every dimension that `shape` gives is declared, too.
bool Declares(const GraphPort& port, std::span<const std::int64_t> shape);

/// The input for pixels: the only one that is floating point [N, 3, height, width]. Null: none or several.
const GraphPort* FindPixels(const OnnxHeader& header);

/// Name, size and batch of the input for pixels. Where the graph leaves the size open, the clue's is taken, or else
/// `usual` (0: there is none). `kBadModel` for a batch fixed at more than one page, sizes beyond any model's, sizes
/// that nobody knows and sizes that contradict the clue.
Result<InputContract> ReadPixels(const GraphPort& port, const Clues& clues, int usual);

/// The labels: those of the clue; else the lines under the metadata key `character`, where Paddle's exporters and
/// rapid-layout put them; else none.
std::vector<std::string> ReadLabels(const OnnxHeader& header, const Clues& clues);

/// Says where `ReadLabels` found them: "inference.yml lists", "its metadata key 'character' lists".
std::string_view LabelsSource(const Clues& clues);

/// What an output may be for.
struct Role {
  std::string_view name;  ///< that exporters give it; "" if they do not
  std::function<bool(const GraphPort&)> may_be;
  std::function<bool(const GraphPort&)> is;  ///< by what is declared; asked only where `may_be`
};

/// For each role the index of an output, such that all may be what they are taken for and most of them declare it; of
/// equals the first in the graph's own order. nullopt when that cannot be, and for more than four roles or eight
/// outputs. Outputs that no role takes are allowed where `extra` is.
std::optional<std::vector<std::size_t>> AssignRoles(std::span<const GraphPort> outputs, std::span<const Role> roles,
                                                    bool extra);

/// `kBadModel` when the clue says another family.
Result<void> CheckFamily(Family found, const Clues& clues, std::string_view why);

}  // namespace doclayout::model
