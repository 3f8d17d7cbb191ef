#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "model/catalogue.h"
#include "model/download.h"

namespace doclayout::model {

/// A model of the catalogue that is in the folder of models now.
struct Installed {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  bool was_there = false;  ///< nothing had to be done
};

/// Downloads a model into the folder, from `mirror` if that is not empty (`UrlOf`). The file appears whole, with the
/// catalogue's digest, or not at all; several processes may pull the same model. A download that broke off goes
/// on from there the next time; after wrong bytes and faults of the disk nothing is left.
///
/// Blocks until done. As `Download`, and `kBadModel` for bytes with another digest.
Result<Installed> PullModel(const CatalogueEntry& entry, const std::filesystem::path& folder, std::string_view mirror,
                            const DownloadOptions& options, const DownloadHooks& hooks);

/// The same from a file on this machine.
Result<Installed> InstallModel(const CatalogueEntry& entry, const std::filesystem::path& folder,
                               const std::filesystem::path& source, const DownloadHooks& hooks);

/// The digest of a file: `kBadModel` when it cannot be read. Blocks for the disk.
Result<std::string> DigestOf(const std::filesystem::path& path);

}  // namespace doclayout::model
