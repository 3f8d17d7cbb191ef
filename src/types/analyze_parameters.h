#pragma once

#include <optional>

namespace doclayout {

/// What a caller may choose for one document; unset means the model's own default.
struct AnalyzeParameters {
  std::optional<float> threshold;  ///< regions with a higher score are reported, 0..1
  std::optional<bool> nms;         ///< whether overlapping boxes of one label are suppressed
};

}  // namespace doclayout
