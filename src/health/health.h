#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doclayout::health {

/// From good to bad.
enum class Status { kNotApplicable, kHealthy, kWarning, kUnhealthy };

/// "not_applicable", "healthy", "warning" or "unhealthy".
std::string_view StatusName(Status status);

/// One thing that was looked at.
struct Check {
  std::string name;  ///< a stable name: `process_memory`, `model_loaded`, …
  Status status = Status::kHealthy;
  std::string details;
  std::optional<double> value;
  std::string unit;  ///< of `value`; empty without one
};

/// The worst of its checks.
struct Report {
  Status status = Status::kHealthy;
  std::vector<Check> checks;
  std::string phase;  ///< of the start; empty where that is not the question
};

/// A report of these checks: as bad as the worst of them, healthy without any.
Report Judge(std::vector<Check> checks);

/// A status as a number for metrics: 1 healthy or not applicable, 0.5 warning, 0 unhealthy.
double Score(Status status);

/// What a check of the report says as a number for metrics; 0 when it is not there.
double Score(const Report& report, std::string_view check);

}  // namespace doclayout::health
