#include "child_process.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace doclayout {
namespace {

/// What the service sets for itself and a child must not inherit.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<InheritedFile> InheritedFile::Make(std::string_view content) {
  // Without MFD_CLOEXEC: the child is to have it.
  InheritedFile file(memfd_create("doclayout", 0));
  if (file.descriptor_ < 0) {
    return Fail(ErrorCode::kInternal, fmt::format("no file in memory could be made: {}", std::strerror(errno)));
  }
  while (!content.empty()) {
    const ssize_t written = write(file.descriptor_, content.data(), content.size());
    if (written < 0) {
      return Fail(ErrorCode::kInternal, fmt::format("a file in memory cannot be written: {}", std::strerror(errno)));
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

InheritedFile::InheritedFile(InheritedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

InheritedFile::~InheritedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string InheritedFile::path() const {
  return fmt::format("/proc/self/fd/{}", descriptor_);
}

Result<int> RunChild(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const SpawnAttributes attributes;
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.front(), nullptr, attributes.get(), arguments.data(), environ);
  if (failed != 0) {
    return Fail(ErrorCode::kNotFound, fmt::format("'{}' cannot be run: {}", words.front(), std::strerror(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Fail(ErrorCode::kInternal, fmt::format("waiting failed: {}", std::strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace doclayout
