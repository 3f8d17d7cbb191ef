#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "model/catalogue.h"

namespace doclayout::model {

/// Where a model is that somebody named.
struct ModelLocation {
  std::filesystem::path graph;            ///< the ONNX file; empty: the embedded model
  std::filesystem::path settings;         ///< the `inference.yml` in one folder with it; empty: there is none
  const CatalogueEntry* entry = nullptr;  ///< of what was named by its name in the catalogue
};

/// Finds what `spec` names: a file, a folder with exactly one `*.onnx`, or a name of the catalogue. With a '/' in it,
/// or where a file of that name exists, it is a path. An `inference.yml` counts in a folder that was named, not beside
/// a file that was.
///
/// Asks the file system and the environment, and reads nothing. Thread-safe. `kBadModel` that says what is wrong and,
/// for a model that was not pulled yet, the command.
Result<ModelLocation> Locate(const std::string& spec);

}  // namespace doclayout::model
