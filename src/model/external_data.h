#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "model/onnx_header.h"

namespace doclayout::model {

/// The paths of the files beside the graph that hold its weights, in the order of the header.
///
/// Asks the file system and reads nothing. Thread-safe. `kBadModel` that names the file: for a location that is
/// absolute, empty or leads out of `folder` by "..", and for a file that is missing, not a regular one, or shorter than
/// what the graph reads of it. Links are followed: caches of model hubs are made of them.
Result<std::vector<std::filesystem::path>> FindExternalFiles(const OnnxHeader& header,
                                                             const std::filesystem::path& folder);

}  // namespace doclayout::model
