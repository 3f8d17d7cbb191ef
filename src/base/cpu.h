#pragma once

#include <string>

namespace doclayout {

/// Processors that this process may use: the lesser of its affinity mask and its cgroup's CPU quota (v1 or v2), rounded
/// up, at least 1. Reads /proc and /sys; thread-safe.
int AvailableProcessors();

/// Adds `niceness` (0..19) to the calling thread's nice value; threads that it creates inherit it. On Linux the value
/// belongs to the thread. Failure only costs latency under load and is not reported.
void LowerThreadPriority(int niceness);

/// Asks the kernel for short turns on a processor for the calling thread, and so to let it run at once when something
/// comes for it: a thread that computes for long otherwise keeps the processor for some 3 ms, also from one with a
/// better nice value. Heard since Linux 6.12; where it is not heard, or a sandbox forbids it, answers under load come
/// those milliseconds later, and that is not reported. Threads that the thread creates inherit it.
void ShortenTurns();

/// Names the calling thread for `top -H`, debuggers and /proc: at most 15 bytes, the rest is cut off.
void NameThread(const std::string& name);

}  // namespace doclayout
