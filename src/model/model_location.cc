#include "model/model_location.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace doclayout::model {
namespace {

namespace fs = std::filesystem;

/// The names of the ONNX files in a folder, in order.
Result<std::vector<std::string>> GraphsIn(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (name.ends_with(".onnx") && !name.starts_with('.')) names.push_back(name);
  }
  if (error) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("model folder '{}' cannot be read: {}", folder.string(), error.message()));
  }
  std::ranges::sort(names);
  return names;
}

Result<ModelLocation> InFolder(const fs::path& folder) {
  const auto graphs = GraphsIn(folder);
  if (!graphs) return Fail(graphs.error());
  if (graphs->empty()) {
    return Fail(ErrorCode::kBadModel, fmt::format("model folder '{}' holds no *.onnx file", folder.string()));
  }
  if (graphs->size() > 1) {
    return Fail(ErrorCode::kBadModel, fmt::format("model folder '{}' holds {} *.onnx files ({}); name one of them",
                                                  folder.string(), graphs->size(), fmt::join(*graphs, ", ")));
  }
  ModelLocation location{.graph = folder / graphs->front(), .settings = {}, .entry = nullptr};
  std::error_code error;
  // A link to nowhere shall be an error, not a file that is not there.
  if (fs::symlink_status(folder / "inference.yml", error).type() != fs::file_type::not_found) {
    location.settings = folder / "inference.yml";
  }
  return location;
}

Result<ModelLocation> InCatalogue(const std::string& name) {
  const CatalogueEntry* entry = FindByName(name);
  if (entry == nullptr) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("model '{}': No such file or folder, and no model of the catalogue is "
                            "called so; it knows {}",
                            name, CatalogueNames()));
  }
  ModelLocation location{.graph = {}, .settings = {}, .entry = entry};
  if (entry->embedded) return location;
  const auto folder = ModelsFolder();
  if (!folder) return Fail(folder.error());
  location.graph = PulledFile(*folder, *entry);
  std::error_code error;
  if (!fs::exists(location.graph, error)) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("model '{}' is not on this machine ('{}'): get it with `doclayout model pull {}`", name,
                            location.graph.string(), name));
  }
  return location;
}

}  // namespace

Result<ModelLocation> Locate(const std::string& spec) {
  if (spec.find('\0') != std::string::npos) {
    return Fail(ErrorCode::kBadModel, "the model's path has a character that no path has");
  }
  std::error_code error;
  const fs::path path = spec;
  if (fs::is_directory(path, error)) return InFolder(path);
  if (spec.find('/') != std::string::npos || fs::exists(path, error) || spec.ends_with(".onnx")) {
    return ModelLocation{.graph = path, .settings = {}, .entry = nullptr};
  }
  return InCatalogue(spec);
}

}  // namespace doclayout::model
