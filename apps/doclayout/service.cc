#include "service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/analyze/reserved_page.h"
#include "model_loading.h"

namespace doclayout {
namespace {

/// For what nobody waits for any more as the service ends: pages whose callers have gone, and the process's own end.
constexpr std::chrono::milliseconds kPatience(250);

/// Between two tries to infer a first page.
constexpr std::chrono::seconds kWarmUpPause(1);

/// What the thread that starts the service waits for while a first page is inferred. Thread-safe.
class Warming {
 public:
  void Stop() {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  void End(const health::Report& report) {
    const MutexLock lock(mutex_);
    warm_ = health::Score(report, "inference") == health::Score(health::Status::kHealthy);
    ended_ = true;
    changed_.NotifyAll();
  }
  /// Until a page has ended, or the service is to stop: then true.
  bool WaitForEnd() {
    const MutexLock lock(mutex_);
    while (!ended_ && !stopped_) changed_.Wait(mutex_);
    ended_ = false;
    return stopped_;
  }
  /// For so long, unless the service is to stop: then true.
  bool WaitForStop(Duration time) {
    const SteadyClock clock;
    const TimePoint end = clock.Now() + time;
    const MutexLock lock(mutex_);
    while (!stopped_ && clock.Now() < end) changed_.WaitFor(mutex_, end - clock.Now());
    return stopped_;
  }
  bool warm() const {
    const MutexLock lock(mutex_);
    return warm_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool warm_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
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

/// Says in the log, once, that a slot hangs, and has the service stop where no other can do its work.
std::function<void(int, bool)> OnStuck(StopRequest& stop, Logger& logger) {
  return [&stop, &logger](int slot, bool replaced) {
    logger.Write(LogLevel::kError, "slot_stuck", {{"slot", static_cast<long long>(slot)}, {"replaced", replaced}});
    if (!replaced) stop.Ask(StopCause::kStuckSlot);
  };
}

/// Loads another model for as many slots and pages at once as this one has.
ModelReloader::Load LoaderLike(const config::ServeConfig& config, const ServedModel& model) {
  const EngineWishes wishes{.slots = model.slots(), .batch = model.batch(), .niceness = kWorkerNiceness};
  return [inference = config.inference, wishes, golden_file = config.health.golden_file] {
    return LoadAndWarm(inference, wishes, golden_file);
  };
}

void LogModel(const ServedModel& model, std::string_view precision, Duration loading, Logger& logger) {
  logger.Write(LogLevel::kInfo, "model_loaded",
               {{"model", model.card().name},
                {"sha256", model.card().sha256},
                {"slots", static_cast<long long>(model.slots())},
                {"batch", static_cast<long long>(model.batch())},
                {"precision", precision},
                {"runtime", model.engine().runtime()},
                {"ms", Milliseconds(loading)}});
}

void LogNotes(const ServedModel& model, Logger& logger) {
  for (const std::string& note : {model.engine().note(), model.golden().note}) {
    if (!note.empty()) logger.Write(LogLevel::kWarning, "model_note", {{"note", note}});
  }
}

ExitCode CodeOf(const StopRequest::Reason& reason, std::size_t lost) {
  if (reason.cause == StopCause::kStuckSlot) return kExitStuck;
  if (reason.cause == StopCause::kMemory) return kExitMemory;
  return lost == 0 ? kExitGood : kExitSomeFailed;
}

health::DetectionDrift::Options DriftOptions(const config::HealthConfig& config) {
  return {.baseline = std::chrono::duration_cast<Duration>(
              std::chrono::duration<double, std::ratio<3600>>(config.drift_baseline_hours)),
          .warn = config.drift_warning};
}

}  // namespace

Service::Service(const Context& context)
    : context_(context),
      start_(context.clock.Now()),
      memory_(MemoryOptions(context.config.scheduling), context.registry, context.stop, context.logger),
      drift_(DriftOptions(context.config.health), context.registry),
      gpu_(context.config, context.registry, context.clock),
      model_info_(context.registry),
      deep_health_(std::make_unique<health::DeepHealth>(
          DeepHealthOptions(context.config.health),
          health::DeepHealth::Dependencies{
              .infer =
                  [this](auto page, Deadline deadline, health::DeepHealth::SampleDone done) {
                    http::InferReserved(late_pages_, std::move(page), deadline, std::move(done));
                  },
              .others = [this](health::DeepHealth::Dependencies::Look look) { return OtherChecks(look); },
              .registry = context.registry,
              .logger = context.logger,
              .clock = context.clock})),
      health_({.readiness = readiness_,
               .slots = [this] { return late_pages_.slots(); },
               .memory = [this] { return memory_.state(); },
               .memory_limit_bytes = [this] { return memory_.limit_bytes(); },
               .head_room = {.warn_bytes = context.config.health.memory_warn_free_bytes,
                             .least_bytes = context.config.health.memory_least_free_bytes},
               .pulse =
                   [this] {
                     const PulseWatcher* pulse = pulse_view_;
                     return pulse != nullptr ? pulse->Checks() : PulseWatcher::NotWatched();
                   },
               .gpu_liveness = [this] { return gpu_.Liveness(); },
               .gpu_readiness = [this] { return gpu_.Readiness(); },
               .deep_verdict = context.config.health.ready_needs_deep_health
                                   ? std::function([this] { return deep_health_->Verdict(); })
                                   : nullptr}) {
  AddMetrics();
}

Service::~Service() = default;

void Service::AddMetrics() {
  AddHealthMetrics(context_.registry, "liveness", [this] { return health_.Liveness(); });
  AddHealthMetrics(context_.registry, "readiness", [this] { return health_.Readiness(); });
  AddHealthMetrics(context_.registry, "deep", [this] { return deep_health_->last(); });
}

http::Server::Dependencies Service::MakeDependencies() {
  return {.pages = late_pages_,
          .registry = context_.registry,
          .readiness = readiness_,
          .reports = health_.Reports(),
          .logger = context_.logger,
          .clock = context_.clock,
          .version = {.version = Version(), .commit = Commit()},
          .trace = {.exporter = context_.spans, .ratio = context_.config.tracing.ratio},
          .admin_token = context_.config.admin_token,
          .reload = [this](ModelReloader::Done done) { Reload(std::move(done)); },
          .observe_page = [this](const std::vector<Region>& regions) { drift_.Observe(regions); },
          .deep_health = deep_health_.get(),
          .api_keys = context_.clients.api_keys.get()};
}

Result<void> Service::Listen() {
  http::Server::Options options = ServerOptions(context_.config);
  options.clients = context_.clients.policy;
  FitConnections(options.limits, context_.logger);
  auto server = http::Server::Listen(options, MakeDependencies());
  if (!server) return Fail(std::move(server.error()));
  server_ = std::move(*server);
  pulse_.emplace(
      PulseWatcher::Options{.limit = std::chrono::milliseconds(context_.config.health.event_loop_timeout_ms)}, *server_,
      [this] { static_cast<void>(late_pages_.load()); }, context_.registry, context_.logger);
  pulse_view_ = &*pulse_;
  context_.logger.Write(LogLevel::kInfo, "listening",
                        {{"host", context_.config.host},
                         {"port", static_cast<long long>(server_->port())},
                         {"version", Version()},
                         {"ms_since_start", Milliseconds(context_.clock.Now() - start_)}});
  return {};
}

Result<Service::Loaded> Service::Load() {
  const config::ServeConfig& config = context_.config;
  std::optional<Result<std::shared_ptr<ServedModel>>> loaded =
      LoadUnlessStopped({.config = config.inference,
                         .wishes = {.slots = config.scheduling.slots,
                                    .batch = config.scheduling.max_batch_size,
                                    .niceness = kWorkerNiceness},
                         .golden_file = config.health.golden_file,
                         .on_phase = [this](health::Phase phase) { readiness_.SetPhase(phase); }},
                        context_.stop);
  if (!loaded) return Loaded::kStopped;
  if (!*loaded) return Fail(std::move(loaded->error()));
  LogModel(***loaded, config.inference.precision, context_.clock.Now() - start_, context_.logger);
  LogNotes(***loaded, context_.logger);
  Serve(std::move(**loaded));
  if (!WarmUp()) return Loaded::kStopped;
  readiness_.SetModelLoaded();
  deep_health_->Start();
  context_.stop.OnHangUp([this] { Reload([](const Result<http::ModelIdentity>&) {}); });
  context_.logger.Write(LogLevel::kInfo, "ready", {{"ms_since_start", Milliseconds(context_.clock.Now() - start_)}});
  return Loaded::kWarm;
}

/// Everything that needs a model.
void Service::Serve(std::shared_ptr<ServedModel> model) {
  readiness_.SetPhase(health::Phase::kWarming);
  ModelReloader::Load load = LoaderLike(context_.config, *model);
  const std::shared_ptr<const ServedModel> used = model;
  pages_.emplace(PagesOptions(context_.config.scheduling, *model, OnStuck(context_.stop, context_.logger),
                              server_->inference_latency()),
                 std::move(model), context_.clock);
  late_pages_.Set(*pages_);
  reloader_.emplace(
      std::move(load), *pages_,
      [this](const ServedModel& exchanged) {
        Use(exchanged);
        LogNotes(exchanged, context_.logger);
      },
      context_.registry, context_.logger);
  Use(*used);
}

/// What is told of a model that is served from now on, and expected of it.
void Service::Use(const ServedModel& model) {
  model_info_.Set(model.identity());
  server_->AddLabels(model.card().labels);
  drift_.AddLabels(model.card().labels);
  deep_health_->SetGolden(model.golden().page);
  drift_.Reset();
  gpu_.SetInfers(model.engine().on_gpu());
}

/// What deep health tells beside the page.
std::vector<health::Check> Service::OtherChecks(health::DeepHealth::Dependencies::Look look) {
  std::vector<health::Check> checks = gpu_.Deep(look);
  checks.push_back(drift_.Judge());
  return checks;
}

/// Has the golden page inferred, as deep health does, until that works: a model that cannot is not ready, and the log
/// says why. False when the service is to stop before.
bool Service::WarmUp() {
  const auto warming = std::make_shared<Warming>();
  context_.stop.OnAsked([warming] { warming->Stop(); });
  // However slow the model is: what hangs is found by the limit of its slot.
  const Duration patience = 2 * std::chrono::milliseconds(context_.config.scheduling.inference_timeout_ms);
  bool warm = false;
  bool stopped = false;
  while (!warm && !stopped) {
    deep_health_->Ask([warming](const health::Report& report) { warming->End(report); }, patience);
    stopped = warming->WaitForEnd();
    warm = !stopped && warming->warm();
    if (!warm && !stopped) stopped = warming->WaitForStop(kWarmUpPause);
  }
  context_.stop.OnAsked(nullptr);
  return warm;
}

/// On the I/O thread, or that of signals.
void Service::Reload(ModelReloader::Done done) {
  if (readiness_.model_loaded()) return reloader_->Reload(std::move(done));
  done(Fail(ErrorCode::kNotReady, "the first model is not loaded yet; try again in a moment"));
}

Service::Ending Service::Run(Loaded loaded, LastResort& last_resort) {
  const StopRequest::Reason reason = context_.stop.Wait();
  const TimeLeft left(std::chrono::milliseconds(context_.config.drain_timeout_ms), context_.stop, context_.clock);
  if (loaded == Loaded::kStopped) server_->HurryDrain();  // nothing was accepted
  const std::size_t lost = Drain(reason);
  Ending ending{.code = CodeOf(reason, loaded == Loaded::kStopped ? 0 : lost)};
  last_resort.Arm(ending.code, std::max<Duration>(left.Get(), 2 * kPatience));
  context_.stop.OnHangUp(nullptr);
  deep_health_->Stop();
  const bool reloads = reloader_ && !reloader_->Stop();
  const bool infers = pages_ && !pages_->Stop(std::min<Duration>(left.Get(), kPatience));
  ending.clean = loaded == Loaded::kWarm && !reloads && !infers && ending.code != kExitStuck;
  ending.time_to_flush = std::max<Duration>(left.Get() - kPatience, Duration(0));
  return ending;
}

/// Answers what was accepted; how many were not.
std::size_t Service::Drain(const StopRequest::Reason& reason) {
  Logger& logger = context_.logger;
  readiness_.SetDraining();
  logger.Write(reason.cause == StopCause::kSignal ? LogLevel::kInfo : LogLevel::kError, "draining",
               {{"cause", StopCauseName(reason.cause)}, {"signal", reason.signal}});
  context_.stop.OnFurtherSignal([&](const std::string& signal) {
    logger.Write(LogLevel::kWarning, "drain_cut_short", {{"signal", signal}});
    server_->HurryDrain();
  });
  const std::size_t lost = server_->Drain();
  context_.stop.OnFurtherSignal(nullptr);
  logger.Write(lost == 0 ? LogLevel::kInfo : LogLevel::kError, "stopped",
               {{"requests_lost", static_cast<long long>(lost)}});
  return lost;
}

}  // namespace doclayout
