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
/// reference is valid for the registry's life. What would not be an exposition is a mistake of the program and aborts:
/// a name that is none of Prometheus', a name with two types, or one that another metric's samples have (a gauge
/// `x_count` beside a histogram `x`), the same series twice.
class Registry {
 public:
  /// `name` ends with `_total`.
  Counter& AddCounter(std::string name, std::string help, Labels labels = {});
  Gauge& AddGauge(std::string name, std::string help, Labels labels = {});
  Histogram& AddHistogram(std::string name, std::string help, std::vector<double> bounds, Labels labels = {});

  /// What does not change while the process lives, told by labels; the value is 1. `name` ends with `_info`.
  void AddInfo(std::string name, std::string help, Labels labels);

  /// Values that are asked for when the metrics are read. The function is called on the reading thread, must not block
  /// and must be callable for the registry's life.
  void AddCounterFunction(std::string name, std::string help, Labels labels, std::function<double()> read);
  void AddGaugeFunction(std::string name, std::string help, Labels labels, std::function<double()> read);

  enum class Format { kPrometheusText, kOpenMetrics };

  /// The whole of it as text, https://prometheus.io/docs/instrumenting/exposition_formats/ version 0.0.4 or
  /// https://prometheus.io/docs/specs/om/open_metrics_spec/ version 1.0.0. Exemplars and units are in the latter only.
  /// `_created`, which it has for choice, is left out: servers take it for series of their own, twice as many as now,
  /// and see a restart by a counter that falls.
  std::string Expose(Format format) const;

 private:
  enum class Type { kCounter, kGauge, kHistogram, kInfo };
  using Read = std::function<double()>;
  using Value = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>, Read>;

  struct Series {
    Labels labels;
    std::string label_text;  ///< `a="b",c="d"`, escaped
    Value value;
  };
  struct Metric {
    std::string name;
    std::string help;
    Type type;
    std::vector<Series> series;
  };

  void Add(std::string name, std::string help, Type type, Labels labels, Value value);
  static void ExposeHead(std::string& out, const Metric& metric, Format format);
  static void ExposeSeries(std::string& out, const Metric& metric, const Series& series, Format format);
  static std::string FamilyName(const std::string& name, Type type);
  static std::vector<std::string> SampleNames(const std::string& name, Type type);

  mutable Mutex mutex_;
  std::vector<Metric> metrics_ GUARDED_BY(mutex_);
};

/// Upper limits for times of a request in seconds: 1 ms to 60 s, with .1 .5 1 2 5 10 among them.
std::vector<double> LatencyBuckets();

}  // namespace doclayout::metrics
