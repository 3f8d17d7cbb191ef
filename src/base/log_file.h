#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/line_writer.h"
#include "base/result.h"

namespace doclayout {

/// The file `doclayout.log` of a folder, for a LineWriter: when it is full it becomes `doclayout.log.1`, and what had
/// that name `doclayout.log.2`, and so on; the oldest of all is deleted.
///
/// A reader that follows a file and not its name loses nothing: files are renamed and never cut, and each line is in
/// one file as a whole. A file that somebody else renames or deletes is made anew with the next line. Whatever fails is
/// tried again with the next line. `DescriptorFor` is for one thread; the rest is thread-safe.
class LogFile final : public LineTarget {
 public:
  static constexpr const char* kName = "doclayout.log";

  struct Options {
    std::string folder;  ///< has to exist
    std::size_t most_bytes = std::size_t{64}
                             << 20;  ///< of one file, at least PIPE_BUF; a longer line gets one of its own
    int files = 4;                   ///< at most, at least 2
  };

  /// Opens the file, or makes it. `kBadParameter` where that, or renaming in the folder, is not possible.
  static Result<std::shared_ptr<LogFile>> Open(Options options);

  ~LogFile() override;

  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  int DescriptorFor(std::size_t bytes) override;

  /// How often a full file was renamed so far.
  std::uint64_t rotations() const { return rotations_.load(std::memory_order_relaxed); }

 private:
  explicit LogFile(Options options);

  std::string Name(int number) const;
  bool IsOpen() const;
  bool OpenAnew();
  bool Rotate();

  const Options options_;
  const std::string path_;
  int descriptor_ = -1;
  std::atomic<std::uint64_t> rotations_ = 0;
};

}  // namespace doclayout
