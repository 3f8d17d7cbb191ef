#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "client_setup.h"
#include "commands.h"
#include "console.h"
#include "document_limits.h"
#include "health/health.h"
#include "health/memory.h"
#include "http/analyze/scheduled_pages.h"
#include "http/server.h"
#include "last_resort.h"
#include "memory_watcher.h"
#include "metrics/registry.h"
#include "model_loading.h"
#include "model_reloader.h"
#include "process_metrics.h"
#include "served_model.h"
#include "stop_request.h"
#include "tracing_setup.h"

namespace doclayout {
namespace {

/// Of workers and the threads that infer, beside 0 of the I/O thread: health answers while every core infers.
constexpr int kWorkerNiceness = 10;

/// For what nobody waits for any more as the service ends: pages whose callers have gone, and the process's own end.
constexpr std::chrono::milliseconds kPatience(250);

/// Standard streams, listener, epoll and timers, the model's file, and what libraries open for a moment.
constexpr std::size_t kOtherDescriptors = 64;

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
  options.decode = config.document.decode;
  options.answer_cache_bytes = config.answer_cache_bytes;
  options.request_timeout = milliseconds(config.scheduling.request_timeout_ms);
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

void AddLogMetrics(metrics::Registry& registry, const Logger& logger) {
  registry.AddCounterFunction("pp_doclayout_log_lines_dropped_total",
                              "Log lines that found no room because nobody reads the log, or nobody can write it.", {},
                              [&logger] { return static_cast<double>(logger.dropped_lines()); });
}

void AddBuildInfo(metrics::Registry& registry, const ServedModel& model) {
  registry.AddInfo("pp_doclayout_build_info", "What is running; always 1.",
                   {{"version", Version()}, {"commit", Commit()}, {"runtime", model.engine().runtime()}});
}

using Pages = http::ScheduledPages<ServedModel>;

scheduler::Policy::Options PolicyOptions(const config::SchedulingConfig& config, const ServedModel& model, int slots) {
  using std::chrono::milliseconds;
  scheduler::Policy::Options options;
  options.slots = slots;
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

http::Server::Dependencies MakeDependencies(const ServedModel& model, http::PageService& pages,
                                            metrics::Registry& registry, const health::Readiness& readiness,
                                            Logger& logger, const Clock& clock) {
  return {.pages = pages,
          .registry = registry,
          .readiness = readiness,
          .logger = logger,
          .clock = clock,
          .version = {.version = Version(), .commit = Commit(), .runtime = model.engine().runtime()},
          .labels = model.card().labels};
}

/// Says in the log, once, that a slot hangs, and has the service stop where no other can do its work.
std::function<void(int, bool)> OnStuck(StopRequest& stop, Logger& logger) {
  return [&stop, &logger](int slot, bool replaced) {
    logger.Write(LogLevel::kError, "slot_stuck", {{"slot", static_cast<long long>(slot)}, {"replaced", replaced}});
    if (!replaced) stop.Ask(StopCause::kStuckSlot);
  };
}

Pages::Options PagesOptions(const config::SchedulingConfig& config, const ServedModel& model, StopRequest& stop,
                            Logger& logger) {
  return {.policy = PolicyOptions(config, model, model.slots()),
          .pool = {.threads = std::max(2, AvailableProcessors()), .niceness = kWorkerNiceness},
          .on_stuck = OnStuck(stop, logger)};
}

/// Loads another model for as many slots and pages at once as this one has.
ModelReloader::Load LoaderLike(const config::InferenceConfig& inference, const ServedModel& model) {
  const EngineWishes wishes{.slots = model.slots(), .batch = model.batch(), .niceness = kWorkerNiceness};
  return [inference, wishes] { return LoadAndWarm(inference, wishes); };
}

/// The limit of the process's memory: what is asked for, or what leaves the container some room; 0 for none.
std::uint64_t MemoryLimit(const config::SchedulingConfig& config) {
  if (config.memory_limit_bytes > 0) return config.memory_limit_bytes;
  return health::ContainerMemoryLimit().value_or(0) / 10 * 9;
}

void LogDraining(const StopRequest::Reason& reason, Logger& logger) {
  logger.Write(reason.cause == StopCause::kSignal ? LogLevel::kInfo : LogLevel::kError, "draining",
               {{"cause", StopCauseName(reason.cause)}, {"signal", reason.signal}});
}

void LogStopped(std::size_t lost, Logger& logger) {
  logger.Write(lost == 0 ? LogLevel::kInfo : LogLevel::kError, "stopped",
               {{"requests_lost", static_cast<long long>(lost)}});
}

/// Answers what was accepted; the exit code.
ExitCode Drain(const StopRequest::Reason& reason, http::Server& server, StopRequest& stop, health::Readiness& readiness,
               Logger& logger) {
  readiness.SetDraining();
  LogDraining(reason, logger);
  stop.OnFurtherSignal([&](const std::string& signal) {
    logger.Write(LogLevel::kWarning, "drain_cut_short", {{"signal", signal}});
    server.HurryDrain();
  });
  const std::size_t lost = server.Drain();
  stop.OnFurtherSignal(nullptr);
  LogStopped(lost, logger);
  if (reason.cause == StopCause::kStuckSlot) return kExitStuck;
  if (reason.cause == StopCause::kMemory) return kExitMemory;
  return lost == 0 ? kExitGood : kExitSomeFailed;
}

void LogModel(const ServedModel& served, const config::ServeConfig& config, Duration loading, Logger& logger) {
  logger.Write(LogLevel::kInfo, "model_loaded",
               {{"model", served.card().name},
                {"sha256", served.card().sha256},
                {"slots", static_cast<long long>(served.slots())},
                {"batch", static_cast<long long>(served.batch())},
                {"precision", config.inference.precision},
                {"runtime", served.engine().runtime()},
                {"ms", Milliseconds(loading)}});
  if (const std::string note = served.engine().note(); !note.empty()) {
    logger.Write(LogLevel::kWarning, "model_note", {{"note", note}});
  }
}

void LogListening(const config::ServeConfig& config, int port, Duration since_start, Logger& logger) {
  logger.Write(LogLevel::kInfo, "listening",
               {{"host", config.host},
                {"port", static_cast<long long>(port)},
                {"version", Version()},
                {"ms_since_start", Milliseconds(since_start)}});
}

/// How a service ended.
struct End {
  ExitCode code = kExitGood;
  bool clean = true;  ///< no thread is left that still uses what the normal end of a process takes down
};

/// What is left of the time to stop.
class TimeLeft {
 public:
  TimeLeft(Duration drain_timeout, const StopRequest& stop, const Clock& clock)
      : stop_(stop), clock_(clock), end_(clock.Now() + drain_timeout) {}

  /// 0 once it is over, or somebody is in a hurry.
  Duration Get() const { return stop_.hurried() ? Duration(0) : std::max(end_ - clock_.Now(), Duration(0)); }

 private:
  const StopRequest& stop_;
  const Clock& clock_;
  const TimePoint end_;
};

End Serve(const config::ServeConfig& config, LastResort& last_resort) {
  StopRequest stop;
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  Logger logger(ParseLogLevel(config.log_level).value_or(LogLevel::kInfo), STDOUT_FILENO);
  metrics::Registry registry;
  // Before the model, which takes its time: who has mistyped something knows at once.
  const Result<ClientSetup> clients = SetUpClients(config.clients, logger, registry);
  if (!clients) {
    Complain(clients.error().message);
    return {kExitUsage};
  }
  const auto spans = StartTracing(config.tracing, {registry, logger, clock});
  if (!spans) {
    Complain(spans.error().message);
    return {kExitUsage};
  }
  const TimePoint loading = clock.Now();
  std::optional<Result<std::shared_ptr<ServedModel>>> loaded = LoadUnlessStopped(
      config.inference,
      {.slots = config.scheduling.slots, .batch = config.scheduling.max_batch_size, .niceness = kWorkerNiceness}, stop);
  if (!loaded) {
    LogDraining(stop.Wait(), logger);
    LogStopped(0, logger);
    return {.code = kExitGood, .clean = false};
  }
  if (!*loaded) {
    Complain(loaded->error().message);
    return {kExitModel};
  }
  std::shared_ptr<ServedModel> model = std::move(**loaded);
  LogModel(*model, config, clock.Now() - loading, logger);

  AddBuildInfo(registry, *model);
  ModelInfoMetric model_info(registry);
  model_info.Set(model->identity());
  AddProcessMetrics(registry);
  AddLogMetrics(registry, logger);
  health::Readiness readiness;
  readiness.SetModelLoaded();
  Pages pages(PagesOptions(config.scheduling, *model, stop, logger), model, clock);
  AddHealthMetrics(registry, "liveness", health::Liveness);
  AddHealthMetrics(registry, "readiness", [&] { return health::ReadinessReport(readiness, pages.slots()); });
  const MemoryWatcher memory({.limit_bytes = MemoryLimit(config.scheduling),
                              .patience = std::chrono::milliseconds(config.scheduling.memory_limit_for_ms)},
                             registry, stop, logger);
  ModelReloader reloader(LoaderLike(config.inference, *model), pages, model_info, registry, logger);
  http::Server::Options options = ServerOptions(config);
  options.clients = clients->policy;
  FitConnections(options.limits, logger);
  http::Server::Dependencies dependencies = MakeDependencies(*model, pages, registry, readiness, logger, clock);
  dependencies.api_keys = clients->api_keys.get();
  dependencies.trace = {.exporter = spans->get(), .ratio = config.tracing.ratio};
  dependencies.admin_token = config.admin_token;
  dependencies.reload = [&reloader](ModelReloader::Done done) { reloader.Reload(std::move(done)); };
  model = nullptr;  // It is the service's own, which may exchange it.
  const auto server = http::Server::Listen(options, std::move(dependencies));
  if (!server) {
    Complain(server.error().message);
    return {kExitSomeFailed};
  }
  LogListening(config, (*server)->port(), clock.Now() - start, logger);
  stop.OnHangUp([&reloader] { reloader.Reload([](const Result<http::ModelIdentity>&) {}); });
  const StopRequest::Reason reason = stop.Wait();
  const TimeLeft left(options.drain_timeout, stop, clock);
  const ExitCode code = Drain(reason, **server, stop, readiness, logger);
  last_resort.Arm(code, std::max<Duration>(left.Get(), 2 * kPatience));
  stop.OnHangUp(nullptr);
  const bool reloads = !reloader.Stop();
  const bool infers = !pages.Stop(std::min<Duration>(left.Get(), kPatience));
  if (*spans) (*spans)->LimitFlush(std::max<Duration>(left.Get() - kPatience, Duration(0)));
  return {.code = code, .clean = !reloads && !infers && code != kExitStuck};
}

}  // namespace

int RunServe(const config::ServeConfig& config) {
  LastResort last_resort;
  const End end = Serve(config, last_resort);
  if (!end.clean) std::_Exit(end.code);
  return end.code;
}

}  // namespace doclayout
