#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace doclayout::bench {

/// What a service's `/metrics` says of the things that matter here; each may be missing.
struct MetricsSample {
  double at_s = 0;  ///< when it was taken, on the clock of whoever took it
  std::optional<double> slots;
  std::optional<double> slots_busy;
  std::optional<double> queued;
  std::optional<double> inference_s;      ///< of all pages so far
  std::optional<double> inference_pages;  ///< how many they were
  std::optional<double> cpu_s;
  std::optional<double> resident_bytes;
};

/// Reads Prometheus text. What is not understood is skipped: never fails. Pure, linear time.
MetricsSample ReadMetrics(std::string_view text);

/// What `/version` says; empty where it does not.
struct VersionFacts {
  std::string version;
  std::string commit;
  std::string model_name;
  std::string model_family;
  std::string model_sha256;
  std::string runtime;
};

/// Reads the JSON of `/version`. What is not understood is left empty: never fails.
VersionFacts ReadVersion(std::string_view text);

/// What the samples of a step say together.
struct ServiceUse {
  std::optional<double> inference_s;  ///< mean of one page in a slot; of services that tell their slots
  std::optional<double> busy;         ///< mean of busy slots
  std::optional<double> most_queued;
  std::optional<double> processors;      ///< mean number of processors that the process used
  std::optional<double> resident_bytes;  ///< the last
};

/// Gathers samples of a step. Not thread-safe.
class ServiceWatch {
 public:
  void Add(const MetricsSample& sample);
  ServiceUse Use() const;

 private:
  std::optional<MetricsSample> first_, last_;
  double busy_sum_ = 0;
  int busy_count_ = 0;
  std::optional<double> most_queued_;
};

}  // namespace doclayout::bench
