// Exports spans as the service would: `doclayout_tracing_export_tool serve --otlp-endpoint URL …`, with the options and
// the environment of `doclayout serve`. For each line of standard input, a `traceparent` or an empty one, a request is
// made up with all its stages. At the end the metrics go to standard output; the log goes to standard error.

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "metrics/registry.h"
#include "tracing/request_trace.h"
#include "tracing_setup.h"

namespace doclayout {
namespace {

std::optional<std::string> ReadVariable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::vector<tracing::Span> MakeUp(const std::string& traceparent, double ratio, const Clock& clock) {
  using std::chrono::milliseconds;
  tracing::RequestTrace trace = tracing::RequestTrace::Start(traceparent, ratio, clock);
  const TimePoint start = clock.Now();
  TimePoint end = start;
  for (const char* stage : {"decode", "queue", "preprocess", "inference", "postprocess"}) {
    trace.AddStage(stage, end, end + milliseconds(1), {{"doclayout.page", std::int64_t{0}}});
    end += milliseconds(1);
  }
  // Not all that a file or a caller gives is UTF-8.
  trace.AddFailedStage("render", end, end + milliseconds(1), "no \xff");
  return trace.Finish("POST /analyze", start,
                      {.time = end + milliseconds(1),
                       .attributes = {{"http.request.method", "POST"},
                                      {"http.response.status_code", std::int64_t{500}},
                                      {"doclayout.score", 0.5},
                                      {"doclayout.cancelled", false}},
                       .failed = true,
                       .message = "internal"});
}

int Run(std::span<const char* const> arguments) {
  const config::Command command = config::ParseCommand(arguments, ReadVariable, "tool");
  const auto* serve = std::get_if<config::ServeConfig>(&command);
  if (serve == nullptr) {
    if (const auto* exit = std::get_if<config::ExitNow>(&command)) std::cerr << exit->text;
    return 2;
  }
  const SteadyClock clock;
  Logger logger(LogLevel::kInfo, STDERR_FILENO);
  metrics::Registry registry;
  auto exporter = StartTracing(serve->tracing, {registry, logger, clock});
  if (!exporter) {
    std::cerr << exporter.error().message << "\n";
    return 2;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    if (*exporter) (*exporter)->Export(MakeUp(line, serve->tracing.ratio, clock));
  }
  exporter->reset();
  std::cout << registry.Expose(metrics::Registry::Format::kPrometheusText);
  return 0;
}

}  // namespace
}  // namespace doclayout

int main(int count, char** arguments) {
  return doclayout::Run({arguments, static_cast<std::size_t>(count)});
}
