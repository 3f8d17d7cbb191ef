#include "health/memory.h"

#include <fstream>
#include <string>
#include <string_view>

namespace doclayout::health {
namespace {

namespace fs = std::filesystem;

/// What version 1 gives for "no limit" is the largest multiple of a page: nobody has a petabyte.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 50;

std::optional<std::uint64_t> ReadLimit(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t bytes = 0;
  if (!(stream >> bytes) || bytes >= kNoLimit) return std::nullopt;  // version 2 says "max"
  return bytes;
}

/// The least limit from `group` up to `root`. A container may see its own group as the root, or the host's whole tree:
/// a group that is not there is as good as its parent.
std::optional<std::uint64_t> LeastLimit(const fs::path& root, const fs::path& group, const char* name) {
  std::optional<std::uint64_t> least;
  fs::path folder = root / group.relative_path();
  for (;;) {
    if (const auto limit = ReadLimit(folder / name); limit && (!least || *limit < *least)) least = limit;
    if (folder == root || folder == folder.parent_path()) return least;
    folder = folder.parent_path();
  }
}

}  // namespace

std::optional<std::uint64_t> ContainerMemoryLimit(const fs::path& root, const fs::path& groups) {
  std::ifstream stream(groups);
  std::optional<std::uint64_t> least;
  const auto take = [&least](std::optional<std::uint64_t> limit) {
    if (limit && (!least || *limit < *least)) least = limit;
  };
  // "0::/path" of version 2, "4:memory:/path" of version 1.
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = fs::path(line.substr(second + 1)).lexically_normal();
    if (controllers == ",,") take(LeastLimit(root, group, "memory.max"));
    if (controllers.find(",memory,") != std::string::npos) {
      take(LeastLimit(root / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

bool MemoryWatch::Look(double resident_bytes, TimePoint now) {
  if (options_.limit_bytes == 0 || resident_bytes <= static_cast<double>(options_.limit_bytes)) {
    over_since_.reset();
    return false;
  }
  if (!over_since_) over_since_ = now;
  return now - *over_since_ >= options_.patience;
}

}  // namespace doclayout::health
