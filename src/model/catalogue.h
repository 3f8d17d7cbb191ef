#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/model_card.h"

namespace doclayout::model {

/// A published model that is known by name and digest.
struct CatalogueEntry {
  std::string_view name;  ///< "pp-doclayoutv3"
  Family family;
  std::string_view sha256;  ///< lower-case hexadecimal
  std::uint64_t bytes;      ///< of the file; 0: not known
  std::string_view base;    ///< URL, without the '/' at its end; what `--mirror` takes the place of
  std::string_view path;    ///< below it
  bool embedded;            ///< the program carries it
};

/// All of them. The table lives as long as the program. Thread-safe, as everything here.
std::span<const CatalogueEntry> Catalogue();

/// Null for a name, or a digest, that the catalogue lacks.
const CatalogueEntry* FindByName(std::string_view name);
const CatalogueEntry* FindByDigest(std::string_view sha256);

/// "picodet-cdla, picodet-publaynet, …": for messages.
std::string CatalogueNames();

/// Where this user's data of the program lie: `$XDG_DATA_HOME/doclayout`, else `$HOME/.local/share/doclayout`
/// (https://specifications.freedesktop.org/basedir-spec); nothing when neither is set to an absolute path.
std::optional<std::filesystem::path> UserDataFolder();

/// Where models are pulled to: `$XDG_DATA_HOME/doclayout/models`, or `~/.local/share/doclayout/models` where the
/// variable is unset or not absolute. Reads the environment. `kBadParameter` when it says neither.
Result<std::filesystem::path> ModelsFolder();

/// The file of a model in that folder, whether it is there or not: "…/pp-doclayoutv3.onnx".
std::filesystem::path PulledFile(const std::filesystem::path& models_folder, const CatalogueEntry& entry);

/// The whole address; `mirror`, if not empty, takes the place of the base.
std::string UrlOf(const CatalogueEntry& entry, std::string_view mirror);

}  // namespace doclayout::model
