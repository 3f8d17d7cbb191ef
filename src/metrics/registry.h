#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "metrics/metrics.h"

namespace doclayout::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// The metrics of a process, by name and labels.
///
/// Thread-safe. Series are added at start and their references kept: adding takes a lock, using them does not. A
/// reference is valid for the registry's life. A name that is not a Prometheus name, one name with two types, or the
/// same series twice is a mistake of the program and aborts.
class Registry {
 public:
  Counter& AddCounter(std::string name, std::string help, Labels labels = {});
  Gauge& AddGauge(std::string name, std::string help, Labels labels = {});
  Histogram& AddHistogram(std::string name, std::string help, std::vector<double> bounds, Labels labels = {});

  /// Values that are asked for when the metrics are read. The function is called on the reading thread, must not block
  /// and must be callable for the registry's life.
  void AddCounterFunction(std::string name, std::string help, Labels labels, std::function<double()> read);
  void AddGaugeFunction(std::string name, std::string help, Labels labels, std::function<double()> read);

  enum class Format { kPrometheusText, kOpenMetrics };

  /// The whole of it as text, https://prometheus.io/docs/instrumenting/exposition_formats/ version 0.0.4 or
  /// https://github.com/prometheus/OpenMetrics version 1.0.0.
  std::string Expose(Format format) const;

 private:
  enum class Type { kCounter, kGauge, kHistogram };
  using Read = std::function<double()>;
  using Value = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>, Read>;

  struct Series {
    Labels labels;
    Value value;
  };
  struct Metric {
    std::string name;
    std::string help;
    Type type;
    std::vector<Series> series;
  };

  Value& Add(std::string name, std::string help, Type type, Labels labels, Value value);

  mutable Mutex mutex_;
  std::vector<Metric> metrics_ GUARDED_BY(mutex_);
};

/// Upper limits for times of a request in seconds: 1 ms to 60 s, with .1 .5 1 2 5 10 among them.
std::vector<double> LatencyBuckets();

}  // namespace doclayout::metrics
