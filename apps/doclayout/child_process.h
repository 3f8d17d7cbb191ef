#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout {

/// Bytes that a child process can open as a file, without a name in any folder.
///
/// Not thread-safe. The child finds it under `path()` for as long as this object lives.
class InheritedFile {
 public:
  /// `kInternal` when there is no memory or descriptor for it.
  static Result<InheritedFile> Make(std::string_view content);

  InheritedFile(InheritedFile&& other) noexcept;
  InheritedFile& operator=(InheritedFile&&) = delete;
  ~InheritedFile();

  /// As the child sees it.
  std::string path() const;

 private:
  explicit InheritedFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

/// Runs a program, looked for in PATH, with this process's standard streams and environment, and blocks until it ends.
/// Returns its exit status, 128 + the signal's number when one ended it. `kNotFound` when it cannot be run.
Result<int> RunChild(const std::vector<std::string>& words);

}  // namespace doclayout
