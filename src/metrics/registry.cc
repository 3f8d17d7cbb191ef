#include "metrics/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <set>
#include <string_view>

#include "metrics/text.h"

namespace doclayout::metrics {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kInfo = "_info";

/// Those that names here end with.
constexpr std::string_view kUnits[] = {"seconds", "bytes", "ratio", "celsius"};

/// The unit that a family's name tells; empty for none.
std::string_view UnitOf(std::string_view family) {
  for (const std::string_view unit : kUnits) {
    if (family.size() > unit.size() && family.ends_with(unit) && family[family.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return {};
}

std::string LabelText(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, Escape(value, true));
  }
  return text;
}

/// Good names, none of them twice. `le` is the bucket's.
bool AreLabels(const Labels& labels) {
  std::set<std::string_view> names = {"le"};
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    return IsLabelName(label.first) && !label.first.starts_with("__") && names.insert(label.first).second;
  });
}

/// ` # {trace_id="…"} 0.067 1520879607.789`. 40 characters of labels: 128 are allowed.
void ExposeExemplar(std::string& out, const ExemplarCell::Record& record) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, " # {{trace_id=\"");
  for (const std::uint8_t byte : record.exemplar.trace_id) fmt::format_to(to, "{:02x}", byte);
  const double time = std::chrono::duration<double>(record.time.time_since_epoch()).count();
  fmt::format_to(to, "\"}} {} {:.3f}", Number(record.value), time);
}

void ExposeHistogram(std::string& out, std::string_view name, std::string_view labels, const Histogram& histogram,
                     Registry::Format format) {
  const bool open_metrics = format == Registry::Format::kOpenMetrics;
  const auto to = std::back_inserter(out);
  const auto bounds = histogram.bounds();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    // Before the count: what an exemplar is an example of has been counted then.
    const auto exemplar = open_metrics ? histogram.BucketExemplar(i) : std::nullopt;
    sum += histogram.BucketCount(i);
    const std::string le = i == bounds.size() ? "+Inf" : open_metrics ? CanonicalNumber(bounds[i]) : Number(bounds[i]);
    fmt::format_to(to, "{}_bucket{{{}{}le=\"{}\"}} {}", name, labels, labels.empty() ? "" : ",", le, sum);
    if (exemplar) ExposeExemplar(out, *exemplar);
    out += '\n';
  }
  // The count is the sum of the buckets read here: the two agree although observations go on meanwhile.
  const std::string braced = labels.empty() ? "" : fmt::format("{{{}}}", labels);
  fmt::format_to(to, "{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, braced, Number(histogram.Sum()), sum);
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

void Registry::AddInfo(std::string name, std::string help, Labels labels) {
  auto gauge = std::make_unique<Gauge>();
  gauge->Set(1);
  Add(std::move(name), std::move(help), Type::kInfo, std::move(labels), std::move(gauge));
}

void Registry::AddCounterFunction(std::string name, std::string help, Labels labels, std::function<double()> read) {
  Add(std::move(name), std::move(help), Type::kCounter, std::move(labels), std::move(read));
}

void Registry::AddGaugeFunction(std::string name, std::string help, Labels labels, std::function<double()> read) {
  Add(std::move(name), std::move(help), Type::kGauge, std::move(labels), std::move(read));
}

/// OpenMetrics names a family without the suffix that the samples of its type carry.
std::string Registry::FamilyName(const std::string& name, Type type) {
  const std::string_view suffix = type == Type::kCounter ? kTotal : type == Type::kInfo ? kInfo : std::string_view();
  return name.substr(0, name.size() - suffix.size());
}

/// All that samples of the family, and the family itself, may be called in either format.
std::vector<std::string> Registry::SampleNames(const std::string& name, Type type) {
  const std::string family = FamilyName(name, type);
  switch (type) {
    case Type::kCounter:
      return {family, name, family + "_created"};
    case Type::kHistogram:
      return {family, family + "_bucket", family + "_sum", family + "_count", family + "_created"};
    case Type::kInfo:
      return {family, name};
    case Type::kGauge:
      return {name};
  }
  std::abort();
}

void Registry::Add(std::string name, std::string help, Type type, Labels labels, Value value) {
  const bool suffixed =
      (type != Type::kCounter || name.ends_with(kTotal)) && (type != Type::kInfo || name.ends_with(kInfo));
  if (!IsMetricName(name) || !suffixed || !AreLabels(labels)) std::abort();
  const MutexLock lock(mutex_);
  auto metric = std::find_if(metrics_.begin(), metrics_.end(), [&](const Metric& m) { return m.name == name; });
  if (metric == metrics_.end()) {
    const std::vector<std::string> names = SampleNames(name, type);
    for (const Metric& other : metrics_) {
      for (const std::string& taken : SampleNames(other.name, other.type)) {
        if (std::find(names.begin(), names.end(), taken) != names.end()) std::abort();
      }
    }
    metric = metrics_.insert(metrics_.end(), Metric{std::move(name), std::move(help), type, {}});
  }
  const bool twice = std::any_of(metric->series.begin(), metric->series.end(),
                                 [&](const Series& series) { return series.labels == labels; });
  if (metric->type != type || twice) std::abort();
  std::string label_text = LabelText(labels);
  metric->series.push_back({std::move(labels), std::move(label_text), std::move(value)});
}

void Registry::ExposeHead(std::string& out, const Metric& metric, Format format) {
  const bool open_metrics = format == Format::kOpenMetrics;
  const auto type = [&] {
    switch (metric.type) {
      case Type::kCounter:
        return "counter";
      case Type::kGauge:
        return "gauge";
      case Type::kHistogram:
        return "histogram";
      case Type::kInfo:
        return open_metrics ? "info" : "gauge";
    }
    std::abort();
  }();
  const auto to = std::back_inserter(out);
  const std::string family = open_metrics ? FamilyName(metric.name, metric.type) : metric.name;
  fmt::format_to(to, "# HELP {0} {1}\n# TYPE {0} {2}\n", family, Escape(metric.help, open_metrics), type);
  if (!open_metrics || metric.type == Type::kInfo) return;
  if (const std::string_view unit = UnitOf(family); !unit.empty()) {
    fmt::format_to(to, "# UNIT {} {}\n", family, unit);
  }
}

void Registry::ExposeSeries(std::string& out, const Metric& metric, const Series& series, Format format) {
  if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&series.value)) {
    return ExposeHistogram(out, metric.name, series.label_text, **histogram, format);
  }
  out += metric.name;
  if (!series.label_text.empty()) fmt::format_to(std::back_inserter(out), "{{{}}}", series.label_text);
  out += ' ';
  if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&series.value)) {
    fmt::format_to(std::back_inserter(out), "{}", (*counter)->Value());
  } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&series.value)) {
    out += Number((*gauge)->Value());
  } else {
    out += Number(std::get<Read>(series.value)());
  }
  out += '\n';
}

std::string Registry::Expose(Format format) const {
  std::string out;
  const MutexLock lock(mutex_);
  for (const Metric& metric : metrics_) {
    ExposeHead(out, metric, format);
    for (const Series& series : metric.series) ExposeSeries(out, metric, series, format);
  }
  if (format == Format::kOpenMetrics) out += "# EOF\n";
  return out;
}

std::vector<double> LatencyBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 30, 60};
}

}  // namespace doclayout::metrics
