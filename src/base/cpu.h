#pragma once

#include <string>

namespace doclayout {

/// Processors that this process may use: the lesser of its affinity mask and its cgroup's CPU quota (v1 or v2), rounded
/// up, at least 1. Reads /proc and /sys; thread-safe.
int AvailableProcessors();

/// Adds `niceness` (0..19) to the calling thread's nice value; threads that it creates inherit it. On Linux the value
/// belongs to the thread. Failure only costs latency under load and is not reported.
void LowerThreadPriority(int niceness);

/// Names the calling thread for `top -H`, debuggers and /proc: at most 15 bytes, the rest is cut off.
void NameThread(const std::string& name);

}  // namespace doclayout
