#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/options.h"

namespace doclayout::config {
namespace {

constexpr int kDayMs = 24 * 3600 * 1000;
constexpr int kMostBatch = 256;

/// "2,4,8", in any order: rising, each once.
std::vector<int> ReadSizes(const std::string& text) {
  std::vector<int> sizes;
  for (const std::string& word : CLI::detail::split(text, ',')) {
    int size = 0;
    if (!CLI::detail::lexical_cast(word, size) || size < 1 || size > kMostBatch) {
      throw CLI::ValidationError("--preferred-batch-sizes",
                                 fmt::format("'{}' is not a whole number from 1 to {}", word, kMostBatch));
    }
    sizes.push_back(size);
  }
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

/// The sentence that is wrong with a token, or nothing. It is a secret: it is not repeated.
std::string IsAdminToken(const std::string& text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  return visible && text.size() >= 16 ? "" : "it has less than 16 characters, or spaces or others that are not ASCII";
}

void AddScheduling(CLI::App& app, SchedulingConfig& config) {
  const Numbers number{app};
  number("--slots", config.slots, "pages that are inferred at once; 0: as many as streams", 0, 1024,
         "MAX_CONCURRENT_REQUESTS");
  number("--queue-capacity", config.queue_capacity, "requests that may wait", 1, 1'000'000, "QUEUE_CAPACITY");
  number("--queue-spare-places", config.queue_spare_places, "more of them, for clients of which nothing waits", 0,
         1'000'000, "QUEUE_SPARE_PLACES");
  number("--request-timeout-ms", config.request_timeout_ms,
         "most time from a request's first byte to its answer, where timeout_ms does not say", 1, kDayMs,
         "REQUEST_TIMEOUT_MS");
  number("--bulk-share", config.bulk_share, "part of the slots for priority=bulk while other pages wait too", 0.001,
         0.5, "BULK_SHARE");
  number("--max-batch-size", config.max_batch_size, "pages of one inference; 0: the runtime's best", 0, kMostBatch,
         "MAX_BATCH_SIZE");
  number("--max-queue-delay-ms", config.max_queue_delay_ms,
         "most time that a page waits for others while a slot is free; -1: the runtime's best", -1, 60'000,
         "MAX_QUEUE_DELAY_MS");
  FromEnvironment(app.add_option_function<std::string>(
                      "--preferred-batch-sizes",
                      [&config](const std::string& text) { config.preferred_batch_sizes = ReadSizes(text); },
                      "pages, N,…, that go to the model without waiting for more"),
                  "PREFERRED_BATCH_SIZES");
  number("--inference-timeout-ms", config.inference_timeout_ms, "most time of one inference; then its slot is stuck", 1,
         kDayMs, "INFERENCE_TIMEOUT_MS");
  number("--breaker-failures", config.breaker_failures,
         "inferences that fail one after another until no more are tried for a while; 0: never", 0, 1'000'000,
         "BREAKER_FAILURES");
  number("--breaker-open-ms", config.breaker_open_ms, "time before one is tried again", 1, kDayMs, "BREAKER_OPEN_MS");
  number("--memory-limit-bytes", config.memory_limit_bytes,
         "resident memory over which the service drains and exits with 5; 0: nine tenths of the container's limit", 0,
         std::size_t{1} << 50, "MEMORY_LIMIT_BYTES");
  number("--memory-limit-for-ms", config.memory_limit_for_ms, "time that it has to be over it", 0, kDayMs,
         "MEMORY_LIMIT_FOR_MS");
}

void AddHealth(CLI::App& app, HealthConfig& config) {
  const Numbers number{app};
  number("--deep-health-period-s", config.deep_period_s, "time between two deep health checks; 0: only when asked", 0,
         86'400, "DEEP_HEALTH_PERIOD_S");
  number("--deep-health-timeout-s", config.deep_timeout_s, "most time of one, with its wait for a slot", 0.1, 3'600,
         "DEEP_HEALTH_TIMEOUT_S");
  number("--deep-health-slow-s", config.deep_slow_s, "an inference that takes longer is a warning", 0.001, 3'600,
         "DEEP_HEALTH_SLOW_S");
  FromEnvironment(
      app.add_flag("--ready-needs-deep-health,!--no-ready-needs-deep-health", config.ready_needs_deep_health,
                   "/ready says 503 while the last deep health check was unhealthy"),
      "READY_NEEDS_DEEP_HEALTH");
  FromEnvironment(app.add_option("--golden-file", config.golden_file,
                                 "golden page of `doclayout model golden`; looked for beside the model if not given"),
                  "GOLDEN_FILE");
  number("--memory-warn-free-bytes", config.memory_warn_free_bytes,
         "memory that the container has left: less is a warning", 0, std::size_t{1} << 50, "MEMORY_WARN_FREE_BYTES");
  number("--memory-least-free-bytes", config.memory_least_free_bytes, "less is not ready", 0, std::size_t{1} << 50,
         "MEMORY_LEAST_FREE_BYTES");
  FromEnvironment(
      app.add_option("--nvml-path", config.nvml_path, "library that tells of the GPU")->capture_default_str(),
      "NVML_PATH");
  FromEnvironment(app.add_option("--cuda-driver-path", config.cuda_driver_path,
                                 "library that tells how large a piece of the GPU's memory can be had")
                      ->capture_default_str(),
                  "CUDA_DRIVER_PATH");
  number("--gpu-memory-warn-free-bytes", config.gpu_memory_warn_free_bytes,
         "memory that the GPU has left: less is a warning", 0, std::size_t{1} << 50, "GPU_MEMORY_WARN_FREE_BYTES");
  number("--gpu-memory-least-free-bytes", config.gpu_memory_least_free_bytes, "less is not ready", 0,
         std::size_t{1} << 50, "GPU_MEMORY_LEAST_FREE_BYTES");
  number("--gpu-warn-celsius", config.gpu_warn_celsius, "temperature from which on there is a warning", 0, 200,
         "GPU_WARN_CELSIUS");
  number("--gpu-most-celsius", config.gpu_most_celsius, "temperature from which on the GPU is unhealthy", 0, 200,
         "GPU_MOST_CELSIUS");
  number("--event-loop-timeout-ms", config.event_loop_timeout_ms,
         "most time of a turn of the I/O thread; then the log says where it hangs", 100, kDayMs,
         "EVENT_LOOP_TIMEOUT_MS");
  number("--drift-baseline-hours", config.drift_baseline_hours,
         "first hours of pages, that later ones are compared with", 0, 8'760, "DRIFT_BASELINE_HOURS");
  number("--drift-warning", config.drift_warning, "stability index from which on there is a warning", 0.01, 100,
         "DRIFT_WARNING");
}

}  // namespace

void AddServe(CLI::App& app, ServeConfig& config) {
  const Numbers number{app};
  AddHealth(app, config.health);
  FromEnvironment(app.add_option("--host", config.host, "address to listen on")->capture_default_str(), "HOST");
  number("--port", config.port, "port of the API; 0: any free one", 0, 65'535, "PORT");
  FromEnvironment(app.add_option("--log-level", config.log_level, "least level that is logged")
                      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
                      ->capture_default_str(),
                  "LOG_LEVEL");
  FromEnvironment(app.add_option("--log-dir", config.log_file.folder,
                                 "folder for doclayout.log, which has the lines of the log too; none: no file"),
                  "LOG_DIR");
  number("--log-file-bytes", config.log_file.most_bytes, "bytes of that file; then it becomes doclayout.log.1", 4096,
         std::size_t{1} << 40, "LOG_FILE_BYTES");
  number("--log-files", config.log_file.files, "such files that are kept, with the one that is written", 2, 1000,
         "LOG_FILES");
  number("--drain-grace-ms", config.drain_grace_ms, "time that the port stays open when stopping, with /ready at 503",
         0, kDayMs, "DRAIN_GRACE_MS");
  number("--drain-timeout-ms", config.drain_timeout_ms, "most time that stopping takes, with the grace", 0, kDayMs,
         "DRAIN_TIMEOUT_MS");
  number("--max-connections", config.max_connections, "open connections", 1, 1'000'000, "MAX_CONNECTIONS");
  number("--max-body-bytes", config.max_body_bytes, "largest request body", 1, std::size_t{1} << 40, "MAX_BODY_BYTES");
  number("--max-body-bytes-in-flight", config.max_body_bytes_in_flight, "bodies of all requests together", 1,
         std::size_t{1} << 40, "MAX_BODY_BYTES_IN_FLIGHT");
  number("--max-header-bytes", config.max_header_bytes, "largest request header", 256, 1 << 20, "MAX_HEADER_BYTES");
  number("--answer-cache-bytes", config.answer_cache_bytes,
         "memory for what was found in documents, for those that come again; 0: none is kept", 0, std::size_t{1} << 40,
         "ANSWER_CACHE_BYTES");
  number("--header-timeout-ms", config.header_timeout_ms, "most time from a request's first byte to its last header", 1,
         kDayMs, "HEADER_TIMEOUT_MS");
  number("--body-timeout-ms", config.body_timeout_ms, "most time to send a body", 1, kDayMs, "BODY_TIMEOUT_MS");
  number("--write-timeout-ms", config.write_timeout_ms, "most time to take an answer", 1, kDayMs, "WRITE_TIMEOUT_MS");
  number("--idle-timeout-ms", config.idle_timeout_ms, "most time between two requests of a connection", 1, kDayMs,
         "IDLE_TIMEOUT_MS");
  FromEnvironment(app.add_option("--admin-token", config.admin_token,
                                 "token of the operator, at least 16 characters, for POST /admin/reload; better set in "
                                 "the environment, which fewer can read; none: there is no such path")
                      ->check(IsAdminToken),
                  "ADMIN_TOKEN");
  AddScheduling(app, config.scheduling);
  AddInference(app, config.inference);
  AddDocument(app, config.document);
  AddClients(app, config.clients);
  AddTracing(app, config.tracing);
}

std::string Contradiction(const ServeConfig& config) {
  if (config.max_body_bytes_in_flight < config.max_body_bytes) {
    return fmt::format("--max-body-bytes-in-flight is {}, less than one body may have (--max-body-bytes {})",
                       config.max_body_bytes_in_flight, config.max_body_bytes);
  }
  if (config.drain_grace_ms > config.drain_timeout_ms) {
    return fmt::format("--drain-grace-ms is {}, more than stopping may take (--drain-timeout-ms {})",
                       config.drain_grace_ms, config.drain_timeout_ms);
  }
  const HealthConfig& health = config.health;
  if (health.ready_needs_deep_health && health.deep_period_s == 0) {
    return "--ready-needs-deep-health needs a --deep-health-period-s: a check that failed once would else count until "
           "somebody asks again";
  }
  if (health.memory_warn_free_bytes < health.memory_least_free_bytes) {
    return fmt::format("--memory-warn-free-bytes is {}, less than what is not ready (--memory-least-free-bytes {})",
                       health.memory_warn_free_bytes, health.memory_least_free_bytes);
  }
  if (health.gpu_memory_warn_free_bytes < health.gpu_memory_least_free_bytes) {
    return fmt::format(
        "--gpu-memory-warn-free-bytes is {}, less than what is not ready (--gpu-memory-least-free-bytes {})",
        health.gpu_memory_warn_free_bytes, health.gpu_memory_least_free_bytes);
  }
  if (health.gpu_warn_celsius > health.gpu_most_celsius) {
    return fmt::format("--gpu-warn-celsius is {}, over what is unhealthy (--gpu-most-celsius {})",
                       health.gpu_warn_celsius, health.gpu_most_celsius);
  }
  const auto& sizes = config.scheduling.preferred_batch_sizes;
  if (config.scheduling.max_batch_size > 0 && !sizes.empty() && sizes.back() > config.scheduling.max_batch_size) {
    return fmt::format("--preferred-batch-sizes has {}, more than a batch may have (--max-batch-size {})", sizes.back(),
                       config.scheduling.max_batch_size);
  }
  if (std::string contradiction = Contradiction(config.tracing); !contradiction.empty()) return contradiction;
  return Contradiction(config.clients);
}

}  // namespace doclayout::config
