#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/clock.h"

namespace doclayout::health {

/// Bytes of memory that this process's container may use: the least limit of its control group and those above it,
/// version 2 or 1. Nullopt without one. `root` is where the file system of the kernel's control groups is, and
/// `groups` says which this process is in; both are for tests. Reads some small files; thread-safe.
std::optional<std::uint64_t> ContainerMemoryLimit(const std::filesystem::path& root = "/sys/fs/cgroup",
                                                  const std::filesystem::path& groups = "/proc/self/cgroup");

/// Says when a process is over its limit of memory for so long that it is no peak: time to stop, in good order, before
/// the kernel does it in the middle of a page.
///
/// Pure policy, not thread-safe.
class MemoryWatch {
 public:
  struct Options {
    std::uint64_t limit_bytes = 0;  ///< 0: none
    Duration patience = std::chrono::seconds(5);
  };

  explicit MemoryWatch(Options options) : options_(options) {}

  /// Whether `resident_bytes`, looked at now, is one look too many over the limit.
  bool Look(double resident_bytes, TimePoint now);

 private:
  const Options options_;
  std::optional<TimePoint> over_since_;
};

}  // namespace doclayout::health
