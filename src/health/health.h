#pragma once

#include <atomic>
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
};

/// A report of these checks: as bad as the worst of them, healthy without any.
Report Judge(std::vector<Check> checks);

/// A status as a number for metrics: 1 healthy or not applicable, 0.5 warning, 0 unhealthy.
double Score(Status status);

/// What a check of the report says as a number for metrics; 0 when it is not there.
double Score(const Report& report, std::string_view check);

/// Whether this process should get requests. Set by the composition root, read by health answers and the server.
/// Thread-safe, lock-free.
class Readiness {
 public:
  void SetModelLoaded() { model_loaded_.store(true); }
  void SetDraining() { draining_.store(true); }
  bool model_loaded() const { return model_loaded_.load(); }
  bool draining() const { return draining_.load(); }
  bool ready() const { return model_loaded() && !draining(); }

 private:
  std::atomic<bool> model_loaded_{false};
  std::atomic<bool> draining_{false};
};

/// Layer 1: is a restart the cure? Reads /proc/self; takes microseconds.
Report Liveness();

/// How the slots of the model fare. A plain value.
struct Slots {
  int count = 0;
  int stuck = 0;        ///< whose inference did not end in the time that it is given
  bool broken = false;  ///< inferences failed one after another: for a while none is begun
  bool tried = false;   ///< and now one page at a time is, to see whether it is well again
};

/// Layer 2: should requests come here?
Report ReadinessReport(const Readiness& readiness, const Slots& slots);

/// Memory of this process that is in RAM, in bytes; 0 where /proc is not there.
double ResidentBytes();

/// CPU time of all threads of this process, in seconds.
double CpuSeconds();

/// Open file descriptors of this process.
double OpenDescriptors();

}  // namespace doclayout::health
