#include "base/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace doclayout {
namespace {

/// Addresses of clients are in it: not for everybody.
constexpr mode_t kMode = 0640;

std::string Reason() {
  return std::generic_category().message(errno);
}

/// The line feed that a process which was killed has not come to write: what follows begins a line.
bool EndLastLine(int descriptor, off_t size) {
  char last = '\n';
  if (size > 0 && pread(descriptor, &last, 1, size - 1) < 0) return false;
  return last == '\n' || write(descriptor, "\n", 1) == 1;
}

}  // namespace

LogFile::LogFile(Options options) : options_(std::move(options)), path_(fmt::format("{}/{}", options_.folder, kName)) {}

LogFile::~LogFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<std::shared_ptr<LogFile>> LogFile::Open(Options options) {
  std::shared_ptr<LogFile> file(new LogFile(std::move(options)));
  const std::string& folder = file->options_.folder;
  constexpr std::string_view kAllowed = "a folder that exists, in which this user may make and rename files";
  struct stat status{};
  if (stat(folder.c_str(), &status) != 0) {
    return Fail(ErrorCode::kBadParameter, fmt::format("'{}' is not {}: {}", folder, kAllowed, Reason()));
  }
  if (!S_ISDIR(status.st_mode)) {
    return Fail(ErrorCode::kBadParameter, fmt::format("'{}' is not {}: it is no folder", folder, kAllowed));
  }
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return Fail(ErrorCode::kBadParameter, fmt::format("'{}' is not {}: {}", folder, kAllowed, Reason()));
  }
  // A disk that is full is no reason not to start: the lines are dropped until it is not.
  if (!file->OpenAnew() && errno != ENOSPC && errno != EDQUOT) {
    const std::string reason = errno == EINVAL ? "it is there and no regular file" : Reason();
    return Fail(ErrorCode::kBadParameter, fmt::format("'{}' cannot be written: {}", file->path_, reason));
  }
  return file;
}

int LogFile::DescriptorFor(std::size_t bytes) {
  if (!IsOpen() && !OpenAnew()) return -1;
  struct stat status{};
  if (fstat(descriptor_, &status) != 0) return -1;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > 0 && size + bytes > options_.most_bytes && !Rotate()) return -1;
  return descriptor_;
}

std::string LogFile::Name(int number) const {
  return number == 0 ? path_ : fmt::format("{}.{}", path_, number);
}

/// Whether the open file is still the one of that name.
bool LogFile::IsOpen() const {
  struct stat open{};
  struct stat named{};
  return descriptor_ >= 0 && fstat(descriptor_, &open) == 0 && stat(path_.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

/// False, with errno, leaves what is open as it is. EINVAL: it is no regular file.
bool LogFile::OpenAnew() {
  const int opened = open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode);
  if (opened < 0) return false;
  struct stat status{};
  bool good = fstat(opened, &status) == 0;
  if (good && !S_ISREG(status.st_mode)) {
    errno = EINVAL;
    good = false;
  }
  if (!good || !EndLastLine(opened, status.st_size)) {
    const int error = errno;
    close(opened);
    errno = error;
    return false;
  }
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = opened;
  return true;
}

bool LogFile::Rotate() {
  // Up to the first name that is free: one that was broken off begins anew without deleting another file.
  int last = 1;
  while (last < options_.files - 1 && access(Name(last).c_str(), F_OK) == 0) ++last;
  for (int i = last; i > 0; --i) {
    if (std::rename(Name(i - 1).c_str(), Name(i).c_str()) != 0 && errno != ENOENT) return false;
  }
  rotations_.fetch_add(1, std::memory_order_relaxed);
  return OpenAnew();
}

}  // namespace doclayout
