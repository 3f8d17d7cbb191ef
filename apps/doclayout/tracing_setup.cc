#include "tracing_setup.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "commands.h"
#include "host_name.h"
#include "http/uuid.h"

namespace doclayout {
namespace {

using std::chrono::milliseconds;

/// A connection that is not there by then will not be: the rest of the time is for the answer.
constexpr milliseconds kConnectTimeout{5'000};

}  // namespace

Result<std::unique_ptr<tracing::SpanExporter>> StartTracing(const config::TracingConfig& config,
                                                            tracing::SpanExporter::Dependencies dependencies) {
  const std::string url = config::TracesUrl(config);
  if (url.empty()) return nullptr;
  const milliseconds timeout(config.timeout_ms);
  auto collector = tracing::ConnectLater({.url = url,
                                          .headers = config.headers,
                                          .timeout = timeout,
                                          .connect_timeout = std::min(timeout, kConnectTimeout)});
  if (!collector) return Fail(std::move(collector.error()));
  tracing::Resource resource{.service_name = config.service_name,
                             .service_version = Version(),
                             .instance_id = http::MakeUuidV7(),
                             .host = HostName()};
  tracing::SpanExporter::Options options;
  options.queue = {.capacity = config.queue, .batch = config.batch, .longest_wait = milliseconds(config.delay_ms)};
  options.flush_timeout = milliseconds(config.flush_ms);
  return std::make_unique<tracing::SpanExporter>(std::move(*collector), std::move(resource), options, dependencies);
}

}  // namespace doclayout
