#include "health/process.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace doclayout::health {
namespace {

// Fields behind the program's name, from 0: those of the manual less 3.
constexpr std::size_t kThreads = 17;
constexpr std::size_t kStartTime = 19;
constexpr std::size_t kVirtualSize = 20;

ProcessStat ReadProcessStat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseProcessStat(text).value_or(ProcessStat{});
}

}  // namespace

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenDescriptors() {
  // Since Linux 6.2 the folder's size is their number; counting thousands takes milliseconds, which the I/O thread that
  // answers for the metrics does not have.
  struct stat folder{};
  if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) return static_cast<double>(folder.st_size);
  std::error_code error;
  double count = 0;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++count;
  }
  return std::max(0.0, count - 1);  // The iterator's own descriptor is not one of the service's.
}

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream stream{std::string(text.substr(name_end + 1))};
  const std::vector<std::string> fields{std::istream_iterator<std::string>(stream), {}};
  if (fields.size() <= kVirtualSize) return std::nullopt;
  const auto number = [&](std::size_t field) { return std::strtod(fields[field].c_str(), nullptr); };
  return ProcessStat{
      .threads = number(kThreads), .start_ticks = number(kStartTime), .virtual_bytes = number(kVirtualSize)};
}

double VirtualBytes() {
  return ReadProcessStat().virtual_bytes;
}

double Threads() {
  return ReadProcessStat().threads;
}

double MostDescriptors() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double StartTime() {
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const ProcessStat stat = ReadProcessStat();
  timespec since_boot{};
  if (stat.start_ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return now;
  const double uptime = static_cast<double>(since_boot.tv_sec) + static_cast<double>(since_boot.tv_nsec) / 1e9;
  return now - (uptime - stat.start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace doclayout::health
