#include "model/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace doclayout::model {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> Cannot(const fs::path& path, std::string_view what, int reason) {
  return Fail(ErrorCode::kInternal, fmt::format("'{}' cannot be {}: {}", path.string(), what, std::strerror(reason)));
}

/// Whether the file that is open is still the one of that name: its holder before may have renamed or removed it.
bool IsStillThere(int descriptor, const fs::path& path) {
  struct stat open_file{};
  struct stat named_file{};
  return fstat(descriptor, &open_file) == 0 && lstat(path.c_str(), &named_file) == 0 &&
         open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

/// The descriptor of the file, made if need be, and locked.
Result<int> OpenLocked(const fs::path& path, const std::function<void()>& on_wait) {
  bool waited = false;
  for (;;) {
    constexpr mode_t kReadableByAll = 0644;
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kReadableByAll);
    if (descriptor < 0) return Cannot(path, "written", errno);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK && !std::exchange(waited, true) && on_wait) on_wait();
      while (flock(descriptor, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        const int reason = errno;
        close(descriptor);
        return Cannot(path, "locked", reason);
      }
    }
    if (IsStillThere(descriptor, path)) return descriptor;
    close(descriptor);
  }
}

}  // namespace

PartFile::PartFile(fs::path target, fs::path path, int descriptor)
    : target_(std::move(target)), path_(std::move(path)), descriptor_(descriptor) {}

PartFile::PartFile(PartFile&& other) noexcept
    : target_(std::move(other.target_)),
      path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      digest_(std::move(other.digest_)) {}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (size_ == 0) unlink(path_.c_str());
  close(descriptor_);
}

Result<PartFile> PartFile::Open(const fs::path& target, const std::function<void()>& on_wait) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) return Cannot(target.parent_path(), "made", error.value());
  fs::path path = target;
  path += ".part";
  const Result<int> descriptor = OpenLocked(path, on_wait);
  if (!descriptor) return Fail(descriptor.error());
  PartFile part(target, std::move(path), *descriptor);
  if (auto read = part.ReadDigest(); !read) return Fail(std::move(read.error()));
  return part;
}

Result<void> PartFile::ReadDigest() {
  std::vector<std::uint8_t> block(std::size_t{1} << 20);
  for (;;) {
    const ssize_t count = read(descriptor_, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Cannot(path_, "read", errno);
    if (count == 0) return {};
    digest_.Update({block.data(), static_cast<std::size_t>(count)});
    size_ += static_cast<std::uint64_t>(count);
  }
}

Result<void> PartFile::Append(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Cannot(path_, "written", errno);
    const auto written = bytes.first(static_cast<std::size_t>(count));
    digest_.Update(written);
    size_ += written.size();
    bytes = bytes.subspan(written.size());
  }
  return {};
}

Result<void> PartFile::Restart() {
  if (ftruncate(descriptor_, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) != 0) return Cannot(path_, "cut", errno);
  size_ = 0;
  digest_ = Sha256Stream();
  return {};
}

Result<void> PartFile::Publish() {
  if (fsync(descriptor_) != 0 || rename(path_.c_str(), target_.c_str()) != 0) {
    const int reason = errno;
    Discard();
    return Cannot(target_, "written", reason);
  }
  close(std::exchange(descriptor_, -1));
  // The name, too, shall outlive a power cut; where a file system cannot promise that, the file is there all the same.
  const int folder = open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return {};
}

void PartFile::Discard() {
  if (descriptor_ < 0) return;
  unlink(path_.c_str());
  close(std::exchange(descriptor_, -1));
}

}  // namespace doclayout::model
