#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/mutex.h"

namespace doclayout {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> CannotWrite(const fs::path& path, int reason, ErrorCode code = ErrorCode::kInternal) {
  return Fail(code, fmt::format("'{}' cannot be written: {}", path.string(), std::strerror(reason)));
}

fs::path FolderOf(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

/// Where the bytes really go: what a link points to; nothing for what is no regular file and must be written in place.
std::optional<fs::path> ReplaceableTarget(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (status.type() == fs::file_type::not_found || fs::is_regular_file(status)) return target;
  if (!fs::is_symlink(status)) return std::nullopt;
  fs::path pointed_to = fs::canonical(target, error);
  if (error || !fs::is_regular_file(pointed_to, error)) return std::nullopt;
  return pointed_to;
}

/// The temporary files that there are now. Thread-safe. One for the process, as signals are.
class TemporaryFiles {
 public:
  /// As open(2); -1 with ECANCELED once all were removed.
  int Create(const fs::path& path) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (removed_) {
      errno = ECANCELED;
      return -1;
    }
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) paths_.insert(path);
    return descriptor;
  }

  /// It was renamed.
  void Forget(const fs::path& path) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    paths_.erase(path);
  }

  void Remove(const fs::path& path) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (paths_.erase(path) > 0) unlink(path.c_str());
  }

  void RemoveAll() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    removed_ = true;
    for (const fs::path& path : paths_) unlink(path.c_str());
    paths_.clear();
  }

 private:
  Mutex mutex_;
  std::set<fs::path> paths_ GUARDED_BY(mutex_);
  bool removed_ GUARDED_BY(mutex_) = false;
};

TemporaryFiles& AllTemporaryFiles() {
  static TemporaryFiles all;
  return all;
}

/// A descriptor of a new file in `folder`, whose name goes to `path`; -1 with errno.
int CreateTemporary(const fs::path& folder, fs::path& path) {
  static std::atomic<unsigned> next{0};
  int descriptor = -1;
  do {
    path = folder / fmt::format(".doclayout-{}-{}.tmp", getpid(), next++);
    descriptor = AllTemporaryFiles().Create(path);
  } while (descriptor < 0 && errno == EEXIST);
  return descriptor;
}

/// Writes, syncs and closes; errno, or 0.
int WriteAndClose(int descriptor, std::string_view bytes) {
  int failure = 0;
  while (!bytes.empty() && failure == 0) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EINTR) failure = errno;
  }
  // Before the name changes, so that after a power failure the target does not name an empty file. What cannot be
  // synced (a pipe, a device) says EINVAL.
  if (failure == 0 && fdatasync(descriptor) != 0 && errno != EINVAL) failure = errno;
  if (close(descriptor) != 0 && failure == 0) failure = errno;
  return failure;
}

}  // namespace

InputFiles::InputFiles(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    struct stat status{};
    if (stat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode)) files_.emplace(status.st_dev, status.st_ino);
  }
}

Result<void> InputFiles::CheckTarget(const fs::path& target) const {
  struct stat status{};
  if (stat(target.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return CannotWrite(target, errno, ErrorCode::kBadParameter);
  }
  if (S_ISDIR(status.st_mode)) return CannotWrite(target, EISDIR, ErrorCode::kBadParameter);
  if (files_.contains({status.st_dev, status.st_ino})) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the result would overwrite the input '{}'; choose another --output", target.string()));
  }
  return {};
}

Result<PendingFile> PendingFile::Write(const fs::path& target, std::string_view bytes) {
  PendingFile file;
  const auto replaceable = ReplaceableTarget(target);
  if (!replaceable) {
    const int descriptor = open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const int failure = descriptor < 0 ? errno : WriteAndClose(descriptor, bytes);
    if (failure != 0) return CannotWrite(target, failure);
    file.in_place_ = true;
    return file;
  }
  file.target_ = *replaceable;
  struct stat status{};
  const bool exists = stat(file.target_.c_str(), &status) == 0;
  // Renaming would replace a file that may not be written: the folder's permissions decide about that alone.
  if (exists && access(file.target_.c_str(), W_OK) != 0) return CannotWrite(target, errno);
  fs::path temporary;
  const int descriptor = CreateTemporary(FolderOf(file.target_), temporary);
  if (descriptor < 0) return CannotWrite(target, errno);
  file.temporary_ = std::move(temporary);
  if (exists) static_cast<void>(fchmod(descriptor, status.st_mode & 07777));
  const int failure = WriteAndClose(descriptor, bytes);
  if (failure != 0) return CannotWrite(target, failure);
  return file;
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})), in_place_(other.in_place_) {}

PendingFile& PendingFile::operator=(PendingFile&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(temporary_, other.temporary_);
  std::swap(in_place_, other.in_place_);
  return *this;
}

PendingFile::~PendingFile() {
  if (!temporary_.empty()) AllTemporaryFiles().Remove(temporary_);
}

Result<void> PendingFile::Publish() {
  if (in_place_) return {};
  if (rename(temporary_.c_str(), target_.c_str()) != 0) return CannotWrite(target_, errno);
  AllTemporaryFiles().Forget(temporary_);
  temporary_.clear();
  return {};
}

void PendingFile::Retract() {
  if (!in_place_) unlink(target_.c_str());
}

void RemoveTemporaryFiles() {
  AllTemporaryFiles().RemoveAll();
}

Result<void> PublishAll(std::span<PendingFile> files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (auto published = files[i].Publish(); !published) {
      for (PendingFile& earlier : files.first(i)) earlier.Retract();
      return published;
    }
  }
  return {};
}

Result<void> CheckWritable(const fs::path& target) {
  std::error_code error;
  const bool folder = fs::is_directory(target, error);
  const auto replaceable = folder ? target : ReplaceableTarget(target);
  const bool exists = !folder && fs::exists(target, error);
  if (exists && access(target.c_str(), W_OK) != 0) return CannotWrite(target, errno, ErrorCode::kBadParameter);
  if (!replaceable) return {};
  fs::path temporary;
  const int descriptor = CreateTemporary(folder ? target : FolderOf(*replaceable), temporary);
  if (descriptor < 0) return CannotWrite(target, errno, ErrorCode::kBadParameter);
  close(descriptor);
  AllTemporaryFiles().Remove(temporary);
  return {};
}

}  // namespace doclayout
