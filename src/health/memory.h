#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "health/health.h"

namespace doclayout::health {

/// Memory of the container that this process is in.
struct ContainerMemory {
  std::uint64_t limit_bytes = 0;
  std::uint64_t used_bytes = 0;  ///< of all its processes, without what the kernel would give back at once
};

/// The least limit of the process's control group and those above it, version 2 or 1, and what is used of that one.
/// Nullopt without a limit. `root` is where the file system of the kernel's control groups is, and `groups` says which
/// this process is in; both are for tests. Reads some small files; thread-safe.
std::optional<ContainerMemory> ReadContainerMemory(const std::filesystem::path& root = "/sys/fs/cgroup",
                                                   const std::filesystem::path& groups = "/proc/self/cgroup");

/// What the kernel could still give to new pages without a container's limit, in bytes; nullopt where it does not say.
std::optional<std::uint64_t> AvailableMemory(const std::filesystem::path& meminfo = "/proc/meminfo");

/// How the process's memory is. A plain value.
struct MemoryState {
  double resident_bytes = 0;
  std::optional<ContainerMemory> container;
  std::optional<std::uint64_t> available_bytes;  ///< of the machine
};

/// Resident memory over which a service should drain and exit: nine tenths of what its container may have, `most_bytes`
/// if that is less (0: it is not), and 0 where there is no limit at all. A container's limit may change any time.
std::uint64_t MemoryLimit(std::uint64_t most_bytes, const std::optional<ContainerMemory>& container);

/// Liveness: resident memory against `limit_bytes`, over which the service would drain and exit; with 0, which is
/// without a limit, against 1 GiB, which only warns.
Check CheckProcessMemory(const MemoryState& state, std::uint64_t limit_bytes);

/// Readiness: what the container, or without one the machine, has left for the next pages.
struct HeadRoom {
  std::uint64_t warn_bytes = 500'000'000;   ///< less: a warning. At most a quarter of the container's limit
  std::uint64_t least_bytes = 200'000'000;  ///< less: not ready. At most an eighth of it
};
Check CheckHeadRoom(const MemoryState& state, const HeadRoom& wanted);

/// Says when a process must stop for its memory, in good order, before the kernel ends it in the middle of a page: when
/// it is over its limit for so long that it is no peak, or grows so fast that it would soon meet the kernel's.
///
/// Pure policy, not thread-safe.
class MemoryWatch {
 public:
  struct Options {
    std::uint64_t most_bytes = 0;  ///< as for `MemoryLimit`
    Duration patience = std::chrono::seconds(5);
    Duration lead = std::chrono::seconds(8);  ///< that a drain is given
  };

  enum class Verdict { kGood, kOver, kLeaking };

  explicit MemoryWatch(Options options);

  /// What is there now says. From the first look that is not good on, it is time to stop.
  Verdict Look(const MemoryState& state, TimePoint now);

 private:
  bool LooksLikeALeak(const MemoryState& state, double limit, TimePoint now);

  const Options options_;
  std::optional<TimePoint> over_since_;
  std::deque<std::pair<TimePoint, double>> looks_;  // of the last seconds
};

}  // namespace doclayout::health
