#pragma once

#include <string>

#include "model/model_file.h"

namespace doclayout {

/// What `doclayout model info` says of a model, as lines for people. Thread-safe, as the one below.
std::string ModelInfoText(const model::ModelFile& file);

/// The same as a JSON object with a line's end.
std::string ModelInfoJson(const model::ModelFile& file);

}  // namespace doclayout
