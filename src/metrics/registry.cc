#include "metrics/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace doclayout::metrics {
namespace {

bool IsMetricName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

std::string Escape(std::string_view text, bool quotes) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '"' && quotes) {
      escaped += "\\\"";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// `{a="b",le="0.1"}`, or nothing; `le` is added where given.
std::string LabelText(const Labels& labels, std::string_view le = {}) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", key, Escape(value, true));
  }
  if (!le.empty()) text += fmt::format("{}le=\"{}\"", text.empty() ? "" : ",", le);
  return text.empty() ? text : "{" + text + "}";
}

void ExposeHistogram(std::string& out, const std::string& name, const Labels& labels, const Histogram& histogram) {
  std::uint64_t sum = 0;
  const auto bounds = histogram.bounds();
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    sum += histogram.BucketCount(i);
    const std::string le = i < bounds.size() ? Number(bounds[i]) : "+Inf";
    out += fmt::format("{}_bucket{} {}\n", name, LabelText(labels, le), sum);
  }
  // The count is the sum of the buckets read here: the two agree although observations go on meanwhile.
  out += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, LabelText(labels), Number(histogram.Sum()), sum);
}

}  // namespace

Counter& Registry::AddCounter(std::string name, std::string help, Labels labels) {
  auto counter = std::make_unique<Counter>();
  Counter& reference = *counter;
  Add(std::move(name), std::move(help), Type::kCounter, std::move(labels), std::move(counter));
  return reference;
}

Gauge& Registry::AddGauge(std::string name, std::string help, Labels labels) {
  auto gauge = std::make_unique<Gauge>();
  Gauge& reference = *gauge;
  Add(std::move(name), std::move(help), Type::kGauge, std::move(labels), std::move(gauge));
  return reference;
}

Histogram& Registry::AddHistogram(std::string name, std::string help, std::vector<double> bounds, Labels labels) {
  auto histogram = std::make_unique<Histogram>(std::move(bounds));
  Histogram& reference = *histogram;
  Add(std::move(name), std::move(help), Type::kHistogram, std::move(labels), std::move(histogram));
  return reference;
}

void Registry::AddCounterFunction(std::string name, std::string help, Labels labels, std::function<double()> read) {
  Add(std::move(name), std::move(help), Type::kCounter, std::move(labels), std::move(read));
}

void Registry::AddGaugeFunction(std::string name, std::string help, Labels labels, std::function<double()> read) {
  Add(std::move(name), std::move(help), Type::kGauge, std::move(labels), std::move(read));
}

Registry::Value& Registry::Add(std::string name, std::string help, Type type, Labels labels, Value value) {
  if (!IsMetricName(name) || (type == Type::kCounter && !name.ends_with("_total"))) std::abort();
  const MutexLock lock(mutex_);
  auto metric = std::find_if(metrics_.begin(), metrics_.end(), [&](const Metric& m) { return m.name == name; });
  if (metric == metrics_.end()) {
    metric = metrics_.insert(metrics_.end(), Metric{std::move(name), std::move(help), type, {}});
  }
  const bool twice = std::any_of(metric->series.begin(), metric->series.end(),
                                 [&](const Series& series) { return series.labels == labels; });
  if (metric->type != type || twice) std::abort();
  return metric->series.emplace_back(Series{std::move(labels), std::move(value)}).value;
}

std::string Registry::Expose(Format format) const {
  const bool open_metrics = format == Format::kOpenMetrics;
  std::string out;
  const MutexLock lock(mutex_);
  for (const Metric& metric : metrics_) {
    std::string_view family = metric.name;
    // OpenMetrics names a counter's family without the suffix that its samples carry.
    if (open_metrics && metric.type == Type::kCounter) family.remove_suffix(std::string_view("_total").size());
    const char* type = metric.type == Type::kCounter ? "counter" : metric.type == Type::kGauge ? "gauge" : "histogram";
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family, Escape(metric.help, open_metrics), type);
    for (const Series& series : metric.series) {
      if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&series.value)) {
        ExposeHistogram(out, metric.name, series.labels, **histogram);
        continue;
      }
      std::string value;
      if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&series.value)) {
        value = fmt::format("{}", (*counter)->Value());
      } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&series.value)) {
        value = Number((*gauge)->Value());
      } else {
        value = Number(std::get<Read>(series.value)());
      }
      out += fmt::format("{}{} {}\n", metric.name, LabelText(series.labels), value);
    }
  }
  if (open_metrics) out += "# EOF\n";
  return out;
}

std::vector<double> LatencyBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 30, 60};
}

}  // namespace doclayout::metrics
