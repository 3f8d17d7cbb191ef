#include "health/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace doclayout::health {
namespace {

namespace fs = std::filesystem;

constexpr double kMebibyte = 1024.0 * 1024.0;
/// What version 1 gives for "no limit" is the largest multiple of a page: nobody has a petabyte.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 50;
/// The fixed limit of those who have none: more than this a service of this kind seldom needs.
constexpr std::uint64_t kFallbackBytes = std::uint64_t{1} << 30;
/// Of the limit, from which on there is a warning and growth is looked at.
constexpr double kMuch = 0.8;
/// So long is looked back for growth: pages come and go in less.
constexpr std::chrono::seconds kTrend(4);

/// The names of one version's files.
struct Files {
  const char* limit;
  const char* used;
  const char* cache;  ///< its line of memory.stat that says what can be given back at once
};
constexpr Files kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr Files kVersion2{"memory.max", "memory.current", "inactive_file"};

std::optional<std::uint64_t> ReadNumber(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

/// The number behind a name in a file of lines "name number"; 0 when it is not there.
std::uint64_t ReadLine(const fs::path& file, std::string_view name) {
  std::ifstream stream(file);
  std::string word;
  std::uint64_t number = 0;
  for (std::string line; stream >> word >> number; std::getline(stream, line)) {
    if (word == name) return number;
  }
  return 0;
}

/// The group with the least limit from `group` up to `root`. A container may see its own group as the root, or the
/// host's whole tree: a group that is not there is as good as its parent.
std::optional<ContainerMemory> LeastLimit(const fs::path& root, const fs::path& group, const Files& files) {
  std::optional<std::pair<std::uint64_t, fs::path>> least;
  fs::path folder = root / group.relative_path();
  for (;;) {
    const auto limit = ReadNumber(folder / files.limit);  // version 2 says "max" for none
    if (limit && *limit < kNoLimit && (!least || *limit < least->first)) least.emplace(*limit, folder);
    if (folder == root || folder == folder.parent_path()) break;
    folder = folder.parent_path();
  }
  if (!least) return std::nullopt;
  const std::uint64_t used = ReadNumber(least->second / files.used).value_or(0);
  const std::uint64_t cache = ReadLine(least->second / "memory.stat", files.cache);
  return ContainerMemory{.limit_bytes = least->first, .used_bytes = used - std::min(used, cache)};
}

double Mebibytes(double bytes) {
  return bytes / kMebibyte;
}

}  // namespace

std::optional<ContainerMemory> ReadContainerMemory(const fs::path& root, const fs::path& groups) {
  std::ifstream stream(groups);
  std::optional<ContainerMemory> least;
  const auto take = [&least](std::optional<ContainerMemory> memory) {
    if (memory && (!least || memory->limit_bytes < least->limit_bytes)) least = memory;
  };
  // "0::/path" of version 2, "4:memory:/path" of version 1.
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = fs::path(line.substr(second + 1)).lexically_normal();
    if (controllers == ",,") take(LeastLimit(root, group, kVersion2));
    if (controllers.find(",memory,") != std::string::npos) take(LeastLimit(root / "memory", group, kVersion1));
  }
  return least;
}

std::optional<std::uint64_t> AvailableMemory(const fs::path& meminfo) {
  const std::uint64_t kibibytes = ReadLine(meminfo, "MemAvailable:");
  if (kibibytes == 0) return std::nullopt;
  return kibibytes * 1024;
}

std::uint64_t MemoryLimit(std::uint64_t most_bytes, const std::optional<ContainerMemory>& container) {
  if (!container) return most_bytes;
  const std::uint64_t limit = container->limit_bytes / 10 * 9;
  return most_bytes == 0 ? limit : std::min(limit, most_bytes);
}

Check CheckProcessMemory(const MemoryState& state, std::uint64_t limit_bytes) {
  const double resident = state.resident_bytes;
  const bool limited = limit_bytes > 0;
  const auto limit = static_cast<double>(limited ? limit_bytes : kFallbackBytes);
  Check check{.name = "process_memory",
              .details = fmt::format("resident memory {:.1f} MiB of {:.0f} MiB{}", Mebibytes(resident),
                                     Mebibytes(limit), limited ? "" : ", which is no limit here"),
              .value = Mebibytes(resident),
              .unit = "MiB"};
  if (limited && resident > limit) {
    check.status = Status::kUnhealthy;
    check.details += ": over it; the service drains and exits when that lasts";
  } else if (resident > (limited ? kMuch * limit : limit)) {
    check.status = Status::kWarning;
    check.details += limited ? ": near it" : ": more than such a service mostly takes";
  }
  return check;
}

Check CheckHeadRoom(const MemoryState& state, const HeadRoom& wanted) {
  Check check{.name = "memory"};
  double free = 0;
  double warn = static_cast<double>(wanted.warn_bytes);
  double least = static_cast<double>(wanted.least_bytes);
  const char* of = "the machine";
  if (state.container) {
    const auto limit = static_cast<double>(state.container->limit_bytes);
    free = std::max(0.0, limit - static_cast<double>(state.container->used_bytes));
    warn = std::min(warn, limit / 4);
    least = std::min(least, limit / 8);
    of = "the container";
  } else if (state.available_bytes) {
    free = static_cast<double>(*state.available_bytes);
  } else {
    check.status = Status::kNotApplicable;
    check.details = "neither the container nor the machine says how much memory is left";
    return check;
  }
  check.value = Mebibytes(free);
  check.unit = "MiB";
  check.details = fmt::format("{} has {:.0f} MiB left", of, Mebibytes(free));
  if (free < least) {
    check.status = Status::kUnhealthy;
    check.details += fmt::format(", which is less than the {:.0f} MiB that pages may need", Mebibytes(least));
  } else if (free < warn) {
    check.status = Status::kWarning;
    check.details += fmt::format(", less than {:.0f} MiB", Mebibytes(warn));
  }
  return check;
}

MemoryWatch::MemoryWatch(Options options) : options_(options) {}

MemoryWatch::Verdict MemoryWatch::Look(const MemoryState& state, TimePoint now) {
  const auto limit = static_cast<double>(MemoryLimit(options_.most_bytes, state.container));
  if (limit == 0) return Verdict::kGood;
  if (LooksLikeALeak(state, limit, now)) return Verdict::kLeaking;
  if (state.resident_bytes <= limit) {
    over_since_.reset();
    return Verdict::kGood;
  }
  if (!over_since_) over_since_ = now;
  return now - *over_since_ >= options_.patience ? Verdict::kOver : Verdict::kGood;
}

/// The least of the first and of the second half of the time that is looked back to: what rises between them is none of
/// the pages that come and go.
bool MemoryWatch::LooksLikeALeak(const MemoryState& state, double limit, TimePoint now) {
  looks_.emplace_back(now, state.resident_bytes);
  if (now - looks_.front().first < kTrend) return false;
  while (looks_.size() > 1 && now - looks_[1].first >= kTrend) looks_.pop_front();
  const TimePoint middle = now - kTrend / 2;
  constexpr double kMost = std::numeric_limits<double>::infinity();
  std::array<double, 2> least{kMost, kMost};
  for (const auto& [when, bytes] : looks_) {
    double& half = least.at(when < middle ? 0 : 1);
    half = std::min(half, bytes);
  }
  if (state.resident_bytes <= kMuch * limit || least[1] <= least[0]) return false;
  const double kernel = state.container ? static_cast<double>(state.container->limit_bytes) : limit / 0.9;
  const double rate = (least[1] - least[0]) / std::chrono::duration<double>(kTrend / 2).count();
  return state.resident_bytes + rate * std::chrono::duration<double>(options_.lead).count() > kernel;
}

}  // namespace doclayout::health
