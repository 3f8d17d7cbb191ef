#include "bench/metrics_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

namespace doclayout::bench {
namespace {

/// The number behind a series' name, without a time stamp or exemplar that may follow it.
std::optional<double> ReadNumber(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::string TextAt(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// How much a counter grew, if both samples have it and it did not start again.
std::optional<double> Growth(std::optional<double> before, std::optional<double> after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

}  // namespace

MetricsSample ReadMetrics(std::string_view text) {
  MetricsSample sample;
  const struct {
    std::string_view name;
    std::optional<double>& value;
  } wanted[] = {{"pp_doclayout_slots", sample.slots},
                {"pp_doclayout_slots_busy", sample.slots_busy},
                {"pp_doclayout_request_queue_length", sample.queued},
                {"pp_doclayout_inference_latency_seconds_sum", sample.inference_s},
                {"pp_doclayout_inference_latency_seconds_count", sample.inference_pages},
                {"process_cpu_seconds_total", sample.cpu_s},
                {"process_resident_memory_bytes", sample.resident_bytes}};
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t name_end = line.find(' ');
    if (name_end == std::string_view::npos) continue;
    for (const auto& [name, value] : wanted) {
      if (line.substr(0, name_end) == name) value = ReadNumber(line.substr(name_end));
    }
  }
  return sample;
}

VersionFacts ReadVersion(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  const nlohmann::json model = json.value("model", nlohmann::json::object());
  return {.version = TextAt(json, "version"),
          .commit = TextAt(json, "commit"),
          .model_name = TextAt(model, "name"),
          .model_family = TextAt(model, "family"),
          .model_sha256 = TextAt(model, "sha256"),
          .runtime = TextAt(json, "runtime")};
}

void ServiceWatch::Add(const MetricsSample& sample) {
  if (!first_) first_ = sample;
  last_ = sample;
  if (sample.slots_busy) {
    busy_sum_ += *sample.slots_busy;
    ++busy_count_;
  }
  if (sample.queued) most_queued_ = std::max(most_queued_.value_or(0), *sample.queued);
}

ServiceUse ServiceWatch::Use() const {
  ServiceUse use;
  if (!first_) return use;
  const double seconds = last_->at_s - first_->at_s;
  const auto pages = Growth(first_->inference_pages, last_->inference_pages);
  const auto inference = Growth(first_->inference_s, last_->inference_s);
  // Others call the same what has the wait for a slot in it.
  const bool in_slots = last_->slots.has_value();
  if (in_slots && pages && *pages > 0 && inference) use.inference_s = *inference / *pages;
  if (busy_count_ > 0) use.busy = busy_sum_ / busy_count_;
  // What was measured is worth more than moments: the slots' time of a second is how many were busy.
  if (use.inference_s && seconds > 0) use.busy = *inference / seconds;
  if (const auto cpu = Growth(first_->cpu_s, last_->cpu_s); cpu && seconds > 0) use.processors = *cpu / seconds;
  use.most_queued = most_queued_;
  use.resident_bytes = last_->resident_bytes;
  return use;
}

}  // namespace doclayout::bench
