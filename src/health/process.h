#pragma once

#include <optional>
#include <string_view>

namespace doclayout::health {

// What the kernel knows of this process. All of it is thread-safe and reads at most one small file; 0 where the kernel
// does not say.

/// Memory that is in RAM, in bytes.
double ResidentBytes();

/// CPU time of all threads, in seconds.
double CpuSeconds();

/// Open file descriptors.
double OpenDescriptors();

/// Addresses that are taken, in bytes; most of them have no memory behind them.
double VirtualBytes();

double Threads();

/// Most file descriptors that may be open (the soft limit).
double MostDescriptors();

/// When the process was started, in seconds since 1970-01-01 UTC, by what the wall clock says now.
double StartTime();

/// What is used of /proc/PID/stat. A plain value.
struct ProcessStat {
  double threads = 0;
  double start_ticks = 0;  ///< after the machine's start, in units of sysconf(_SC_CLK_TCK)
  double virtual_bytes = 0;
};

/// Nullopt for what is not such a file. The program's name in it may hold anything: https://man7.org/linux/man-pages/
/// man5/proc_pid_stat.5.html.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

}  // namespace doclayout::health
