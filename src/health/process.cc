#include "health/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
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
