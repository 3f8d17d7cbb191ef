#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace doclayout::runtime {

/// Bytes of a file, mapped. Movable; the bytes are valid for its life.
struct Blob {
  std::shared_ptr<const void> owner;
  std::span<const std::uint8_t> bytes;  ///< aligned to 64 bytes
};

/// A folder of files that are costly to make and may be lost: compiled models.
///
/// A file is found by its key, a text that says all that it depends on, and has the SHA-256 of its content in its head:
/// a file that was cut off, changed or written by another version is not used. That keeps accidents out, not somebody
/// who may write to the folder. Files appear whole, under a temporary name first, and only the newest few are kept.
///
/// Thread-safe, and safe among processes. Blocks for the disk.
class BlobCache {
 public:
  /// The folder is made when something is stored.
  explicit BlobCache(std::filesystem::path folder, std::size_t kept = 4);

  /// `kNotFound` when there is none; `kInternal`, with a message that names the file, for one that must not be used.
  Result<Blob> Find(const std::string& key) const;

  /// Stores what `write` writes, in place of what had this key. `kInternal` when the folder or the file cannot be made
  /// or the disk is full: then nothing is left behind. What `write` throws is such a failure.
  Result<void> Store(const std::string& key, const std::function<void(std::ostream&)>& write) const;

 private:
  std::filesystem::path PathOf(const std::string& key) const;
  void RemoveOld() const;

  const std::filesystem::path folder_;
  const std::size_t kept_;
};

}  // namespace doclayout::runtime
