#include "health/health.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace doclayout::health {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;

Check CheckSlots(const Slots& slots) {
  Check check{.name = "slots",
              .details = "no inference hangs",
              .value = static_cast<double>(slots.count - slots.stuck),
              .unit = "slots"};
  if (slots.stuck > 0) {
    check.status = Status::kUnhealthy;
    check.details = fmt::format("{} of {} slots are stuck in an inference that does not end", slots.stuck, slots.count);
  }
  return check;
}

Check CheckEngine(const Slots& slots) {
  if (slots.broken) {
    return {.name = "engine",
            .status = Status::kUnhealthy,
            .details = "the model failed on one page after another; it is tried again in a moment"};
  }
  // Ready, so that a page comes which can be tried.
  if (slots.tried) {
    return {.name = "engine",
            .status = Status::kWarning,
            .details = "the model failed on one page after another; the next page tells whether it is well again"};
  }
  return {.name = "engine", .details = "the model answers"};
}

}  // namespace

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
  return {worst, std::move(checks)};
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

Report Liveness() {
  const double mebibytes = ResidentBytes() / kMebibyte;
  return Judge({{.name = "process_memory",
                 .details = fmt::format("resident memory {:.1f} MiB", mebibytes),
                 .value = mebibytes,
                 .unit = "MiB"}});
}

Report ReadinessReport(const Readiness& readiness, const Slots& slots) {
  Check model{.name = "model_loaded", .details = "the model is loaded and warm"};
  if (!readiness.model_loaded()) {
    model.status = Status::kUnhealthy;
    model.details = "the model is not loaded yet";
  }
  Check draining{.name = "draining", .details = "accepting requests"};
  if (readiness.draining()) {
    draining.status = Status::kUnhealthy;
    draining.details = "shutting down: accepted requests are answered, new ones belong elsewhere";
  }
  return Judge({std::move(model), CheckSlots(slots), CheckEngine(slots), std::move(draining)});
}

}  // namespace doclayout::health
