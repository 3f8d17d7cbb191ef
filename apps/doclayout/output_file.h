#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace doclayout {

/// The files that are read, so that none of them is written over. Immutable after construction: thread-safe.
class InputFiles {
 public:
  explicit InputFiles(const std::vector<std::string>& names);

  /// `kBadParameter` for a path that is one of the inputs (under whatever name or link), is a folder, or cannot be a
  /// file's name. Asks the file system; takes nothing.
  Result<void> CheckTarget(const std::filesystem::path& target) const;

 private:
  std::set<std::pair<dev_t, ino_t>> files_;
};

/// A file that its target's folder shows whole or not at all: written under a temporary name beside the target,
/// ".doclayout-….tmp", and renamed by `Publish`. A process that is killed (SIGKILL) may leave that temporary file, and
/// never a part of the target. What is no regular file (a device, a pipe) is written in place and at once; a link stays
/// a link and what it points to is replaced.
///
/// Not thread-safe; different ones on different threads do not mix. Removes the temporary file unless it was published.
class PendingFile {
 public:
  /// `kInternal` when the bytes cannot be written; nothing is left then.
  static Result<PendingFile> Write(const std::filesystem::path& target, std::string_view bytes);

  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&& other) noexcept;
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  /// Once. `kInternal` when the target cannot be replaced.
  Result<void> Publish();

  /// Takes back what `Publish` did. What the target held before is gone.
  void Retract();

 private:
  PendingFile() = default;

  std::filesystem::path target_;
  std::filesystem::path temporary_;  ///< empty once published, and for what is written in place
  bool in_place_ = false;
};

/// Publishes all or, when one fails, none.
Result<void> PublishAll(std::span<PendingFile> files);

/// Removes the temporary files that there are now; from then on none is made. For the end of the process by a signal.
/// Any thread, while others write.
void RemoveTemporaryFiles();

/// Whether a file could be written there, found out by making and removing a temporary one: `kBadParameter` with the
/// reason. For a folder: whether files could be made in it.
Result<void> CheckWritable(const std::filesystem::path& target);

}  // namespace doclayout
