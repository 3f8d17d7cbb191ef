#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "base/sha256.h"

namespace doclayout::model {

/// A model's file while it is on its way: "…/NAME.onnx.part" beside its target, written piece by piece and renamed when
/// it is whole. What was written before the process ended is there again when it is opened the next time.
///
/// One at a time on a machine: whoever has it open holds a lock on it (flock), which ends with the process. Not
/// thread-safe. An empty one is removed at its end; so is one that was discarded.
class PartFile {
 public:
  /// Makes the folders to it. While another process has it open, says so by `on_wait` and blocks until that is done.
  /// Reads what is there, for the digest. `kInternal`, with the reason, when it cannot be made.
  static Result<PartFile> Open(const std::filesystem::path& target, const std::function<void()>& on_wait);

  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& target() const { return target_; }

  /// SHA-256 of what is there.
  std::string Digest() const { return digest_.Digest(); }

  /// `kInternal` with the reason: no space, a limit. What is there then is of no use: `Discard` it.
  Result<void> Append(std::span<const std::uint8_t> bytes);

  /// Back to nothing. `kInternal` when the file cannot be cut.
  Result<void> Restart();

  /// Renames it to its target, and blocks until the disk has it. Once. `kInternal`; the part is then removed.
  Result<void> Publish();

  /// Removes it. Nothing may follow.
  void Discard();

 private:
  PartFile(std::filesystem::path target, std::filesystem::path path, int descriptor);

  Result<void> ReadDigest();

  std::filesystem::path target_;
  std::filesystem::path path_;
  int descriptor_ = -1;  ///< -1: published, discarded or moved from
  std::uint64_t size_ = 0;
  Sha256Stream digest_;
};

}  // namespace doclayout::model
