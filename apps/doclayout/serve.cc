#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "commands.h"
#include "console.h"
#include "document_limits.h"
#include "health/health.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "model_setup.h"
#include "postprocess/detection_options.h"
#include "scheduler/worker_pool.h"

namespace doclayout {
namespace {

/// Of workers and the threads that infer, beside 0 of the I/O thread: health answers while every core infers.
constexpr int kWorkerNiceness = 5;

/// Standard streams, listener, epoll and timers, the model's file, and what libraries open for a moment.
constexpr std::size_t kOtherDescriptors = 64;

/// SIGTERM and SIGINT, kept from ending the process and waited for. Made before any thread is: they inherit the mask.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  /// Blocks until one arrives, also one that came before; its name.
  std::string Wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
  }

 private:
  sigset_t set_{};
};

http::Server::Options ServerOptions(const config::ServeConfig& config) {
  using std::chrono::milliseconds;
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
  options.drain_grace = milliseconds(config.drain_grace_ms);
  options.drain_timeout = milliseconds(config.drain_timeout_ms);
  return options;
}

/// A connection that has no descriptor waits in the kernel without an answer, probes too: the limit of connections has
/// to fit into what the process may open.
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

/// One series a check, asked for when the metrics are read.
void AddHealthMetrics(metrics::Registry& registry, std::string_view layer, std::function<health::Report()> report) {
  for (const health::Check& check : report().checks) {
    registry.AddGaugeFunction("pp_doclayout_health", "1 healthy, 0.5 warning, 0 unhealthy.",
                              {{"layer", std::string(layer)}, {"check", check.name}},
                              [report, name = check.name] { return health::Score(report(), name); });
  }
}

void AddProcessMetrics(metrics::Registry& registry, const Logger& logger) {
  registry.AddGaugeFunction("process_resident_memory_bytes", "Memory of the process that is in RAM.", {},
                            health::ResidentBytes);
  registry.AddCounterFunction("process_cpu_seconds_total", "CPU time of all threads of the process.", {},
                              health::CpuSeconds);
  registry.AddGaugeFunction("process_open_fds", "Open file descriptors.", {}, health::OpenDescriptors);
  registry.AddGauge("process_start_time_seconds", "When the process started, seconds since 1970-01-01 UTC.")
      .Set(static_cast<double>(std::time(nullptr)));
  registry.AddCounterFunction("pp_doclayout_log_lines_dropped_total",
                              "Log lines that found no room because nobody reads the log, or nobody can write it.", {},
                              [&logger] { return static_cast<double>(logger.dropped_lines()); });
}

void AddInfoMetrics(metrics::Registry& registry, const LoadedModel& model) {
  const model::ModelCard& card = model.card;
  registry
      .AddGauge("pp_doclayout_build_info", "What is running; always 1.",
                {{"version", Version()}, {"commit", Commit()}, {"runtime", model.engine->runtime()}})
      .Set(1);
  registry
      .AddGauge("pp_doclayout_model_info", "The model that is loaded; always 1.",
                {{"name", card.name}, {"family", std::string(model::FamilyName(card.family))}, {"sha256", card.sha256}})
      .Set(1);
}

http::Server::Dependencies MakeDependencies(LoadedModel& model, scheduler::WorkerPool& pool,
                                            metrics::Registry& registry, const health::Readiness& readiness,
                                            Logger& logger, const Clock& clock) {
  const model::ModelCard& card = model.card;
  return {.analyze_page =
              [&model](int slot, const Page& page, const AnalyzeParameters& parameters, StageTimings& timings) {
                return model.pipelines[static_cast<std::size_t>(slot)]->Analyze(page, parameters, timings);
              },
          .check_parameters =
              [&card](const AnalyzeParameters& parameters) { return postprocess::CheckParameters(card, parameters); },
          .pool = pool,
          .registry = registry,
          .readiness = readiness,
          .logger = logger,
          .clock = clock,
          .version = {.version = Version(),
                      .commit = Commit(),
                      .model_name = card.name,
                      .model_sha256 = card.sha256,
                      .model_family = std::string(model::FamilyName(card.family)),
                      .runtime = model.engine->runtime()},
          .labels = card.labels};
}

/// Lets the drain end at once when a signal comes while this lives.
class Impatience {
 public:
  Impatience(const StopSignals& signals, http::Server& server, Logger& logger)
      : thread_([this, &signals, &server, &logger] {
          const std::string signal = signals.Wait();
          if (over_) return;
          logger.Write(LogLevel::kWarning, "drain_cut_short", {{"signal", signal}});
          server.HurryDrain();
        }) {}
  ~Impatience() {
    over_ = true;
    pthread_kill(thread_.native_handle(), SIGINT);  // to that thread only, which waits for it
    thread_.join();
  }
  Impatience(const Impatience&) = delete;
  Impatience& operator=(const Impatience&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

/// Serves until a signal, then answers what was accepted. False when something was refused or cut off.
bool ServeUntilStopped(http::Server& server, const StopSignals& signals, health::Readiness& readiness, Logger& logger) {
  const std::string signal = signals.Wait();
  readiness.SetDraining();
  logger.Write(LogLevel::kInfo, "draining", {{"signal", signal}});
  const Impatience impatience(signals, server, logger);
  const std::size_t lost = server.Drain();
  logger.Write(lost == 0 ? LogLevel::kInfo : LogLevel::kError, "stopped",
               {{"requests_lost", static_cast<long long>(lost)}});
  return lost == 0;
}

}  // namespace

int RunServe(const config::ServeConfig& config) {
  const StopSignals signals;
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  const auto level = ParseLogLevel(config.log_level);
  Logger logger(level.value_or(LogLevel::kInfo), STDOUT_FILENO);

  auto model = LoadModel(config.inference, config.slots, kWorkerNiceness, clock);
  if (!model) {
    Complain(model.error().message);
    return kExitModel;
  }
  const model::ModelCard& card = (*model)->card;
  const int slots = static_cast<int>((*model)->pipelines.size());
  logger.Write(LogLevel::kInfo, "model_loaded",
               {{"model", card.name},
                {"sha256", card.sha256},
                {"slots", static_cast<long long>(slots)},
                {"precision", config.inference.precision},
                {"runtime", (*model)->engine->runtime()},
                {"ms", Milliseconds(clock.Now() - start)}});
  if (const std::string note = (*model)->engine->note(); !note.empty()) {
    logger.Write(LogLevel::kWarning, "model_note", {{"note", note}});
  }

  metrics::Registry registry;
  AddInfoMetrics(registry, **model);
  AddProcessMetrics(registry, logger);
  health::Readiness readiness;
  readiness.SetModelLoaded();
  AddHealthMetrics(registry, "liveness", health::Liveness);
  AddHealthMetrics(registry, "readiness", [&readiness] { return health::ReadinessReport(readiness); });
  // Declared before the server, so that the server is gone first: tasks may outlive it, and are joined here.
  scheduler::WorkerPool pool({.slots = slots, .capacity = config.queue_capacity, .niceness = kWorkerNiceness}, clock);
  http::Server::Options options = ServerOptions(config);
  FitConnections(options.limits, logger);
  const auto server =
      http::Server::Listen(options, MakeDependencies(**model, pool, registry, readiness, logger, clock));
  if (!server) {
    Complain(server.error().message);
    return kExitSomeFailed;
  }
  logger.Write(LogLevel::kInfo, "listening",
               {{"host", config.host},
                {"port", static_cast<long long>((*server)->port())},
                {"version", Version()},
                {"ms_since_start", Milliseconds(clock.Now() - start)}});
  const bool good = ServeUntilStopped(**server, signals, readiness, logger);
  return good ? kExitGood : kExitSomeFailed;
}

}  // namespace doclayout
