#include "service_options.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "base/cpu.h"
#include "base/descriptors.h"
#include "document_limits.h"

namespace doclayout {
namespace {

using std::chrono::milliseconds;

/// Standard streams, listener, epoll and timers, the model's file, and what libraries open for a moment.
constexpr std::size_t kOtherDescriptors = 64;

scheduler::Policy::Options PolicyOptions(const config::SchedulingConfig& config, const ServedModel& model) {
  scheduler::Policy::Options options;
  options.slots = model.slots();
  options.queue_capacity = config.queue_capacity;
  options.spare_places = config.queue_spare_places;
  options.fairness.bulk_share = config.bulk_share;
  options.batches.max_batch_size = model.batch();
  options.batches.max_queue_delay =
      config.max_queue_delay_ms < 0 ? model.engine().batch_delay() : milliseconds(config.max_queue_delay_ms);
  options.batches.preferred_sizes = config.preferred_batch_sizes;
  options.breaker.failures = config.breaker_failures;
  options.breaker.open_for = milliseconds(config.breaker_open_ms);
  options.breaker.longest = std::max<Duration>(options.breaker.longest, options.breaker.open_for);
  options.inference_limit = milliseconds(config.inference_timeout_ms);
  return options;
}

Duration Seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

http::Server::Options ServerOptions(const config::ServeConfig& config) {
  http::Server::Options options;
  options.host = config.host;
  options.port = config.port;
  options.limits.max_body_bytes = config.max_body_bytes;
  options.limits.max_body_bytes_in_flight = config.max_body_bytes_in_flight;
  options.limits.max_header_bytes = config.max_header_bytes;
  options.limits.max_connections = static_cast<std::size_t>(config.max_connections);
  options.limits.header_timeout = milliseconds(config.header_timeout_ms);
  options.limits.body_timeout = milliseconds(config.body_timeout_ms);
  options.limits.write_timeout = milliseconds(config.write_timeout_ms);
  options.limits.keep_alive_timeout = milliseconds(config.idle_timeout_ms);
  options.document_limits = DocumentLimits(config.document);
  options.decode = config.document.decode;
  options.answer_cache_bytes = config.answer_cache_bytes;
  options.request_timeout = milliseconds(config.scheduling.request_timeout_ms);
  options.drain_grace = milliseconds(config.drain_grace_ms);
  options.drain_timeout = milliseconds(config.drain_timeout_ms);
  return options;
}

void FitConnections(http::Limits& limits, Logger& logger) {
  const std::size_t others = limits.spare_connections + kOtherDescriptors;
  const std::size_t allowed = RaiseDescriptorLimit(limits.max_connections + others);
  if (allowed >= limits.max_connections + others) return;
  const std::size_t fitting = allowed > others ? allowed - others : 1;
  logger.Write(LogLevel::kWarning, "max_connections_lowered",
               {{"wanted", static_cast<long long>(limits.max_connections)},
                {"now", static_cast<long long>(fitting)},
                {"reason", "the hard limit of open files (ulimit -Hn) allows no more"}});
  limits.max_connections = fitting;
}

Pages::Options PagesOptions(const config::SchedulingConfig& config, const ServedModel& model,
                            std::function<void(int slot, bool replaced)> on_stuck,
                            metrics::Histogram& inference_latency) {
  return {.policy = PolicyOptions(config, model),
          .pool = {.threads = std::max(2, AvailableProcessors()), .niceness = kWorkerNiceness},
          .on_stuck = std::move(on_stuck),
          .on_left = [&inference_latency](Duration time) {
            inference_latency.Observe(std::chrono::duration<double>(time).count());
          }};
}

health::DeepHealth::Options DeepHealthOptions(const config::HealthConfig& config) {
  health::DeepHealth::Options options;
  options.period = Seconds(config.deep_period_s);
  options.timeout = Seconds(config.deep_timeout_s);
  options.pace.slow = Seconds(config.deep_slow_s);
  return options;
}

health::MemoryWatch::Options MemoryOptions(const config::SchedulingConfig& config) {
  return {.most_bytes = config.memory_limit_bytes, .patience = milliseconds(config.memory_limit_for_ms)};
}

}  // namespace doclayout
