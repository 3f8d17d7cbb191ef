#include "http/handlers/metrics_handler.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/header_value.h"

namespace doclayout::http {
namespace {

using Format = metrics::Registry::Format;

/// The weight of one element of Accept, 0..1; 1 where none is given, 0 for one that is broken.
double Quality(const HeaderValue& range) {
  const std::string* text = range.Find("q");
  if (text == nullptr) return 1;
  double quality = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), quality);
  return error == std::errc() && quality >= 0 && quality <= 1 ? quality : 0;
}

/// Whether a range of Accept stands for what we write. Older servers ask for version 0.0.1 alone, and read this one.
bool IsOurOpenMetrics(const HeaderValue& range) {
  if (range.value != "application/openmetrics-text") return false;
  const std::string* version = range.Find("version");
  return version == nullptr || *version == "1.0.0" || *version == "0.0.1";
}

}  // namespace

Format NegotiateMetricsFormat(std::string_view accept) {
  double open_metrics = 0;
  double text = 0;
  for (const std::string_view element : SplitList(accept)) {
    const std::optional<HeaderValue> range = ParseHeaderValue(element);
    if (!range) continue;
    if (IsOurOpenMetrics(*range)) open_metrics = std::max(open_metrics, Quality(*range));
    if (range->value == "text/plain") text = std::max(text, Quality(*range));
  }
  return open_metrics > 0 && open_metrics >= text ? Format::kOpenMetrics : Format::kPrometheusText;
}

Outcome MetricsHandler::Begin(const Exchange& exchange) {
  const Format format = NegotiateMetricsFormat(exchange.head.Find("Accept").value_or(""));
  Response response;
  response.content_type = format == Format::kOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                         : "text/plain; version=0.0.4; charset=utf-8";
  response.body = registry_.Expose(format);
  return response;
}

}  // namespace doclayout::http
