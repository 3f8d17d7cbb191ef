#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model_card.h"
#include "model/recognise.h"

namespace doclayout::model {

/// What the `inference.yml` that comes with Paddle's exports says of a model, as far as it is made use of. What the
/// file leaves out is unset.
struct InferenceYml {
  std::string sha256;      ///< of its text, lower-case hexadecimal; empty without such a file
  std::string model_name;  ///< Global.model_name: "PP-DocLayoutV3"
  std::optional<Family> family;
  std::vector<std::string> labels;

  int width = 0;  ///< of Preprocess, Resize: pixels; 0 without it
  int height = 0;
  std::optional<Interpolation> interpolation;

  /// Of Preprocess, NormalizeImage: input = (pixel / 255 - mean) / deviation, in the order of the graph's channels.
  struct Normalisation {
    std::array<float, 3> mean{};
    std::array<float, 3> deviation{};
  };
  std::optional<Normalisation> normalisation;

  std::optional<float> threshold;  ///< draw_threshold
  ClassMap<float> class_threshold;
  std::optional<bool> nms;
  std::optional<UnclipRatio> unclip;
  ClassMap<UnclipRatio> class_unclip;
  std::optional<MergeMode> merge;
  ClassMap<MergeMode> class_merge;
};

/// Reads the text of such a file. Thread-safe. `kBadModel` with the key and, mostly, the line: for what is no YAML, of
/// another type than it should be or out of its range, and for what this program does not do (another resize than to a
/// fixed size, other steps of preprocessing, models of another kind). Keys that do not matter here are ignored.
Result<InferenceYml> ParseInferenceYml(std::string_view text);

/// The same of a file, which is named in every message. Blocks for the disk.
Result<InferenceYml> ReadInferenceYml(const std::filesystem::path& path);

/// What `Recognise` wants to know of it. A family that was said otherwise wins: `kBadModel` when they differ.
Result<Clues> CluesOf(const InferenceYml& yml, std::optional<Family> said);

/// Puts into the card what the file says beyond that. Thresholds and the like of single classes replace the family's
/// own. `kBadModel` for a class that the card has no label of.
Result<void> Apply(const InferenceYml& yml, ModelCard& card);

}  // namespace doclayout::model
