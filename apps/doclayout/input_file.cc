#include "input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace doclayout {
namespace {

/// More than any page's file has; a device that never ends is not read to its end.
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

}  // namespace

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

bool IsFolder(const std::string& path) {
  return !path.empty() && (path.back() == '/' || IsDirectory(path));
}

Result<std::vector<std::uint8_t>> ReadInputFile(const std::string& name) {
  if (IsDirectory(name)) return Fail(ErrorCode::kBadParameter, "it is a folder; name the files in it");
  const int descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Fail(ErrorCode::kNotFound, fmt::format("it cannot be opened: {}", std::strerror(errno)));
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, 1 << 16> block{};
  ssize_t count = 1;
  while (count > 0 && bytes.size() <= kLargestFile) {
    count = read(descriptor, block.data(), block.size());
    if (count > 0) bytes.insert(bytes.end(), block.begin(), block.begin() + count);
  }
  const int failure = count < 0 ? errno : 0;
  close(descriptor);
  if (failure != 0) return Fail(ErrorCode::kInternal, fmt::format("it cannot be read: {}", std::strerror(failure)));
  if (bytes.size() > kLargestFile) {
    return Fail(ErrorCode::kTooLarge, fmt::format("it is larger than {} bytes, the most that is read", kLargestFile));
  }
  return bytes;
}

}  // namespace doclayout
