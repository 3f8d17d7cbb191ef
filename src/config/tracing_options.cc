#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "config/options.h"

namespace doclayout::config {
namespace {

constexpr int kHourMs = 3600 * 1000;

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr bool IsVisible(char c) {
  return c > ' ' && c < '\x7f';
}

/// RFC 9110, 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kSeparators = "\"(),/:;<=>?@[\\]{}";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return IsVisible(c) && kSeparators.find(c) == std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f'); });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] != '%') {
      decoded += text[index];
      continue;
    }
    if (text.size() - index < 3) return std::nullopt;
    const int high = HexValue(text[index + 1]);
    const int low = HexValue(text[index + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high << 4 | low);
    index += 2;
  }
  return decoded;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "key=value,key2=value2", percent-encoded: the format of W3C's Baggage, as OpenTelemetry asks for. Nothing for
/// anything else.
std::optional<Headers> ParseHeaders(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = Trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto name = PercentDecoded(Trimmed(pair.substr(0, equals)));
    auto value = PercentDecoded(Trimmed(pair.substr(equals + 1)));
    if (!name || !value || !IsToken(*name) || !IsFieldValue(*value)) return std::nullopt;
    headers.emplace_back(std::move(*name), std::move(*value));
  }
  return headers;
}

void AddDestination(CLI::App& app, TracingConfig& config) {
  FromEnvironment(app.add_option("--otlp-endpoint", config.endpoint,
                                 "where spans go, as http://localhost:4318/v1/traces; nowhere if not given")
                      ->check(IsHttpUrl),
                  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  FromEnvironment(app.add_option("--otlp-base-endpoint", config.base_endpoint,
                                 "the same without /v1/traces, which is put behind it; --otlp-endpoint wins")
                      ->check(IsHttpUrl),
                  "OTEL_EXPORTER_OTLP_ENDPOINT");
  FromEnvironment(app.add_option("--otlp-protocol", config.protocol,
                                 "what the endpoint speaks; http/json is sent, which http/protobuf's port takes too")
                      ->check(CLI::IsMember({"http/json", "http/protobuf", "grpc"}))
                      ->capture_default_str(),
                  "OTEL_EXPORTER_OTLP_PROTOCOL");
  const auto set_headers = [&config](const std::string& text) {
    auto headers = ParseHeaders(text);
    // They may hold a key: the text is not repeated.
    if (!headers) throw CLI::ValidationError("--otlp-headers", "it is not 'key=value,key2=value2', percent-encoded");
    config.headers = std::move(*headers);
  };
  FromEnvironment(app.add_option_function<std::string>("--otlp-headers", set_headers,
                                                       "sent with the spans, key=value,…, percent-encoded"),
                  "OTEL_EXPORTER_OTLP_HEADERS");
  FromEnvironment(app.add_option("--otlp-timeout-ms", config.timeout_ms, "most time of one export's request")
                      ->check(CLI::Range(1, kHourMs))
                      ->capture_default_str(),
                  "OTEL_EXPORTER_OTLP_TIMEOUT");
  FromEnvironment(
      app.add_option("--otlp-service-name", config.service_name, "whose spans they are")->capture_default_str(),
      "OTEL_SERVICE_NAME");
}

}  // namespace

void AddTracing(CLI::App& app, TracingConfig& config) {
  constexpr std::size_t kMostSpans = 1'000'000;
  AddDestination(app, config);
  FromEnvironment(app.add_option("--trace-ratio", config.ratio, "share of the traces without a caller's that is sent")
                      ->check(CLI::Range(0.0, 1.0))
                      ->capture_default_str(),
                  "OTEL_TRACES_SAMPLER_ARG");
  FromEnvironment(app.add_option("--trace-queue", config.queue, "spans that may wait; those beyond are dropped")
                      ->check(CLI::Range(std::size_t{1}, kMostSpans))
                      ->capture_default_str(),
                  "OTEL_BSP_MAX_QUEUE_SIZE");
  FromEnvironment(app.add_option("--trace-batch", config.batch, "spans that are sent together")
                      ->check(CLI::Range(std::size_t{1}, kMostSpans))
                      ->capture_default_str(),
                  "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  FromEnvironment(app.add_option("--trace-delay-ms", config.delay_ms, "most time that a span waits for others")
                      ->check(CLI::Range(0, kHourMs))
                      ->capture_default_str(),
                  "OTEL_BSP_SCHEDULE_DELAY");
  FromEnvironment(app.add_option("--trace-flush-ms", config.flush_ms, "most time that the end waits for the spans left")
                      ->check(CLI::Range(0, kHourMs))
                      ->capture_default_str(),
                  "TRACE_FLUSH_MS");
}

std::string TracesUrl(const TracingConfig& config) {
  if (!config.endpoint.empty() || config.base_endpoint.empty()) return config.endpoint;
  return config.base_endpoint + (config.base_endpoint.ends_with('/') ? "v1/traces" : "/v1/traces");
}

std::string Contradiction(const TracingConfig& config) {
  if (TracesUrl(config).empty()) return "";
  if (config.protocol == "grpc") {
    return "--otlp-protocol is grpc, and spans are sent as http/json only; give it, and an endpoint that takes it "
           "(port 4318, mostly)";
  }
  if (config.batch > config.queue) {
    return fmt::format("--trace-batch is {}, more than may wait (--trace-queue {})", config.batch, config.queue);
  }
  return "";
}

}  // namespace doclayout::config
