#include "health/health.h"

#include <algorithm>
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

}  // namespace doclayout::health
