#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace doclayout::model {

/// A file's bytes, mapped and not read: of a large file only the pages that are looked at are in memory, and only
/// meanwhile. Immutable, thread-safe; copies share the mapping, which ends with the last of them. A file that is cut
/// short while it is mapped ends the process (SIGBUS), as with every mapping.
class MappedFile {
 public:
  /// Blocks for the disk. `kBadModel` for a file that is missing, unreadable, empty or not a regular one (a pipe, a
  /// device); `what` names it in the message: "model file".
  static Result<MappedFile> Open(const std::filesystem::path& path, std::string_view what);

  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  MappedFile(std::shared_ptr<const void> owner, std::span<const std::uint8_t> bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  std::shared_ptr<const void> owner_;
  std::span<const std::uint8_t> bytes_;
};

}  // namespace doclayout::model
