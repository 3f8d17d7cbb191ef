#include "health/health.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace doclayout::health {
std::string_view StatusName(Status status) {
  switch (status) {
    case Status::kNotApplicable:
      return "not_applicable";
    case Status::kHealthy:
      return "healthy";
    case Status::kWarning:
      return "warning";
    case Status::kUnhealthy:
      return "unhealthy";
  }
  return "unhealthy";
}

Report Judge(std::vector<Check> checks) {
  Status worst = Status::kHealthy;
  for (const Check& check : checks) worst = std::max(worst, check.status);
  return {.status = worst, .checks = std::move(checks)};
}

double Score(Status status) {
  if (status == Status::kUnhealthy) return 0;
  return status == Status::kWarning ? 0.5 : 1;
}

double Score(const Report& report, std::string_view check) {
  const auto found = std::find_if(report.checks.begin(), report.checks.end(),
                                  [check](const Check& candidate) { return candidate.name == check; });
  return found == report.checks.end() ? 0 : Score(found->status);
}

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

}  // namespace doclayout::health
