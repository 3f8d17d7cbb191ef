#include "model/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace doclayout::model {
namespace {

Error SystemError(const std::filesystem::path& path, std::string_view what, std::string_view fault) {
  return {ErrorCode::kBadModel, fmt::format("{} '{}' {}: {}", what, path.string(), fault, std::strerror(errno))};
}

}  // namespace

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path, std::string_view what) {
  // Not blocking: a named pipe without a writer would hold the start for ever. Regular files do not mind.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Fail(SystemError(path, what, "cannot be opened"));
  struct stat status{};
  const bool known = fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode) || status.st_size == 0) {
    close(descriptor);
    return Fail(ErrorCode::kBadModel, fmt::format("{} '{}' is {}", what, path.string(),
                                                  known && S_ISREG(status.st_mode) ? "empty" : "not a regular file"));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapping = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (mapping == MAP_FAILED) return Fail(SystemError(path, what, "cannot be mapped"));
  std::shared_ptr<const void> owner(mapping, [size](void* address) { munmap(address, size); });
  return MappedFile(std::move(owner), {static_cast<const std::uint8_t*>(mapping), size});
}

}  // namespace doclayout::model
