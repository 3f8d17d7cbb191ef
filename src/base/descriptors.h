#pragma once

#include <cstddef>

namespace doclayout {

/// Raises the process's soft limit of open file descriptors (RLIMIT_NOFILE) to `wanted`, or as far as its hard limit
/// allows, and never lowers it. Returns what holds then. Any thread; affects the whole process.
std::size_t RaiseDescriptorLimit(std::size_t wanted);

}  // namespace doclayout
