#include "health/deep_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/cpu.h"

namespace doclayout::health {
namespace {

/// Pages of callers that may wait behind the one that is inferred.
constexpr std::size_t kMostWaiting = 4;

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

Check CheckInference(const Result<DeepHealth::Sample>& sample) {
  if (sample) {
    return {.name = "inference",
            .details = fmt::format("a page went through the queue and the model; it waited {:.3f} s for a slot",
                                   Seconds(sample->queued)),
            .value = Seconds(sample->queued + sample->inference),
            .unit = "s"};
  }
  return {.name = "inference", .status = Status::kUnhealthy, .details = sample.error().message};
}

Report Over() {
  return Judge({{.name = "inference", .status = Status::kUnhealthy, .details = "the service ends"}});
}

Check NotLooked(std::string name) {
  return {.name = std::move(name), .status = Status::kUnhealthy, .details = "no page came through the model"};
}

Check CheckAnyRegions(const PageLayout& layout) {
  Check check{.name = "detection_accuracy",
              .details = fmt::format("{} regions found; nothing is recorded of this page", layout.regions.size()),
              .value = static_cast<double>(layout.regions.size()),
              .unit = "regions"};
  if (layout.regions.empty()) check.status = Status::kUnhealthy;
  return check;
}

/// What the metrics of the golden page's checks are.
struct Metrics {
  explicit Metrics(metrics::Registry& registry)
      : inference(registry.AddGauge("pp_doclayout_deep_health_inference_seconds",
                                    "Time in the model of the last deep health check's page")),
        queue(registry.AddGauge("pp_doclayout_deep_health_queue_seconds",
                                "Time that the last deep health check's page waited for a slot")),
        recall(registry.AddGauge("pp_doclayout_golden_recall_ratio",
                                 "Of the golden page's recorded regions, how many were found at last")),
        iou(registry.AddGauge(
            "pp_doclayout_golden_iou_ratio",
            "Mean overlap (intersection over union) of the golden page's regions with those recorded")),
        score(registry.AddGauge("pp_doclayout_golden_score_drift",
                                "Mean of the golden page's scores less those recorded")) {
    for (const Status status : {Status::kHealthy, Status::kWarning, Status::kUnhealthy}) {
      checks.push_back(&registry.AddCounter("pp_doclayout_deep_health_checks_total",
                                            "Deep health checks with the golden page, by what they said",
                                            {{"status", std::string(StatusName(status))}}));
    }
  }

  void Count(Status status) { checks.at(static_cast<std::size_t>(status) - 1)->Increment(); }
  void Set(const RegionMatch& match) {
    recall.Set(match.recall);
    iou.Set(match.matched > 0 ? match.iou : 0);
    score.Set(match.score);
  }

  metrics::Gauge& inference;
  metrics::Gauge& queue;
  metrics::Gauge& recall;
  metrics::Gauge& iou;
  metrics::Gauge& score;
  std::vector<metrics::Counter*> checks;  // by status
};

}  // namespace

struct DeepHealth::State {
  State(const Options& options_in, Dependencies dependencies_in)
      : options(options_in),
        dependencies(std::move(dependencies_in)),
        metrics(dependencies.registry),
        pace(options.pace) {
    last = NotAsked();
    ended = dependencies.clock.Now();
  }

  std::vector<Check> Others(Dependencies::Look look) const {
    return dependencies.others ? dependencies.others(look) : std::vector<Check>();
  }
  static Report Unknown(const std::string& why, std::vector<Check> others);
  Report NotAsked() const { return Unknown("the model is not loaded yet", Others(Dependencies::Look::kLookOnly)); }
  Report Examine(const Job& job, const Result<Sample>& sample, std::vector<Check> others) REQUIRES(mutex);
  Check CheckGolden(const PageLayout& layout) REQUIRES(mutex);
  void Publish(const Report& report) REQUIRES(mutex);
  Duration Wait(TimePoint now) const REQUIRES(mutex);

  const Options options;
  const Dependencies dependencies;
  Metrics metrics;

  mutable Mutex mutex;
  CondVar changed;
  bool stopped GUARDED_BY(mutex) = false;
  bool periodic GUARDED_BY(mutex) = false;
  GoldenPage golden GUARDED_BY(mutex);
  InferencePace pace GUARDED_BY(mutex);
  std::list<Job> jobs GUARDED_BY(mutex);  ///< the first one runs if `running`
  bool running GUARDED_BY(mutex) = false;
  std::uint64_t run GUARDED_BY(mutex) = 0;                 ///< number of the inference that runs, or ran last
  TimePoint lost_at GUARDED_BY(mutex);                     ///< when the one that runs counts as lost
  std::optional<Result<Sample>> sample GUARDED_BY(mutex);  ///< of the one that runs: to be examined
  Report last GUARDED_BY(mutex);
  TimePoint ended GUARDED_BY(mutex);       ///< the last check, or the start
  bool checked GUARDED_BY(mutex) = false;  ///< there was one with this model
};

DeepHealth::DeepHealth(const Options& options, Dependencies dependencies)
    : state_(std::make_shared<State>(options, std::move(dependencies))) {
  state_->dependencies.registry.AddGaugeFunction("pp_doclayout_deep_health_age_seconds",
                                                 "Time since the last deep health check, or since the start", {},
                                                 [weak = std::weak_ptr(state_)] {
                                                   const auto state = weak.lock();
                                                   if (!state) return 0.0;
                                                   const MutexLock lock(state->mutex);
                                                   return Seconds(state->dependencies.clock.Now() - state->ended);
                                                 });
  thread_ = std::thread([state = state_] { Watch(state); });
}

DeepHealth::~DeepHealth() {
  Stop();
}

void DeepHealth::Stop() {
  std::list<Job> jobs;
  {
    const MutexLock lock(state_->mutex);
    if (std::exchange(state_->stopped, true)) return;
    ++state_->run;  // what comes now is nobody's
    jobs.swap(state_->jobs);
    state_->changed.NotifyAll();
  }
  thread_.join();
  for (const Job& job : jobs) {
    for (const Done& done : job.waiting) done(Over());
  }
}

void DeepHealth::SetGolden(GoldenPage golden) {
  const MutexLock lock(state_->mutex);
  state_->golden = std::move(golden);
  state_->pace.Reset();
  state_->checked = false;
}

void DeepHealth::Start() {
  {
    const MutexLock lock(state_->mutex);
    if (state_->options.period == Duration(0)) return;
    state_->periodic = true;
    state_->changed.NotifyAll();
  }
}

void DeepHealth::Ask(Done done) {
  std::shared_ptr<const Page> page;
  {
    const MutexLock lock(state_->mutex);
    page = state_->golden.page;
  }
  if (!page) return done(state_->NotAsked());
  Enqueue(state_, {.key = {}, .page = std::move(page), .waiting = {std::move(done)}});
}

bool DeepHealth::AskAbout(std::shared_ptr<const Page> page, std::string key, Done done) {
  {
    const MutexLock lock(state_->mutex);
    const bool shares = std::ranges::any_of(state_->jobs, [&key](const Job& job) { return job.key == key; });
    if (!shares && state_->jobs.size() > kMostWaiting) return false;
  }
  Enqueue(state_, {.key = std::move(key), .page = std::move(page), .waiting = {std::move(done)}});
  return true;
}

/// Joins the one for the same page, or waits for its turn.
void DeepHealth::Enqueue(const std::shared_ptr<State>& state, Job job) {
  std::vector<Done> refused;
  {
    const MutexLock lock(state->mutex);
    const auto same = std::ranges::find_if(state->jobs, [&job](const Job& other) { return other.key == job.key; });
    if (same != state->jobs.end()) {
      std::ranges::move(job.waiting, std::back_inserter(same->waiting));
      return;
    }
    if (state->stopped) {
      refused = std::move(job.waiting);
    } else {
      state->jobs.push_back(std::move(job));
      state->changed.NotifyAll();
    }
  }
  for (const Done& done : refused) done(Over());
  Next(state);
}

/// Begins with the first that waits, unless one runs.
void DeepHealth::Next(const std::shared_ptr<State>& state) {
  std::shared_ptr<const Page> page;
  std::uint64_t run = 0;
  Deadline deadline = Deadline::Never();
  {
    const MutexLock lock(state->mutex);
    if (state->running || state->stopped || state->jobs.empty()) return;
    state->running = true;
    run = ++state->run;
    page = state->jobs.front().page;
    deadline = Deadline::After(state->dependencies.clock, state->options.timeout);
    state->lost_at = deadline.time() + state->options.lost_after;
    state->changed.NotifyAll();
  }
  state->dependencies.infer(std::move(page), deadline,
                            [state, run](Result<Sample> sample) { Take(state, run, std::move(sample)); });
}

/// On whatever thread has the result.
void DeepHealth::Take(const std::shared_ptr<State>& state, std::uint64_t run, Result<Sample> sample) {
  const MutexLock lock(state->mutex);
  if (state->run != run || !state->running || state->sample) return;  // it was given up
  state->sample = std::move(sample);
  state->changed.NotifyAll();
}

/// On the own thread: what is measured beside takes its time.
void DeepHealth::Finish(const std::shared_ptr<State>& state, const Result<Sample>& sample) {
  std::vector<Check> others = state->Others(Dependencies::Look::kMeasure);
  Report report;
  std::vector<Done> waiting;
  {
    const MutexLock lock(state->mutex);
    if (state->jobs.empty()) return;  // it was stopped
    state->running = false;
    Job& job = state->jobs.front();
    if (job.key.empty() && job.page != state->golden.page) {
      job.page = state->golden.page;  // the model was exchanged meanwhile: of which one this is, nobody knows
    } else {
      report = state->Examine(job, sample, std::move(others));
      if (job.key.empty()) state->Publish(report);
      waiting = std::move(job.waiting);
      state->jobs.pop_front();
    }
  }
  for (const Done& done : waiting) done(report);
  Next(state);
}

Report DeepHealth::State::Unknown(const std::string& why, std::vector<Check> others) {
  std::vector<Check> checks{{.name = "inference", .status = Status::kUnhealthy, .details = why},
                            NotLooked("inference_speed"),
                            NotLooked("detection_accuracy")};
  std::ranges::move(others, std::back_inserter(checks));
  return Judge(std::move(checks));
}

Report DeepHealth::State::Examine(const Job& job, const Result<Sample>& result, std::vector<Check> others) {
  if (!result) return Unknown(result.error().message, std::move(others));
  std::vector<Check> checks{CheckInference(result), pace.Judge(result->inference)};
  if (job.key.empty()) {
    pace.Observe(result->inference);
    metrics.inference.Set(Seconds(result->inference));
    metrics.queue.Set(Seconds(result->queued));
    checks.push_back(CheckGolden(result->layout));
  } else {
    checks.push_back(CheckAnyRegions(result->layout));
  }
  std::ranges::move(others, std::back_inserter(checks));
  return Judge(std::move(checks));
}

Check DeepHealth::State::CheckGolden(const PageLayout& layout) {
  const bool first = !golden.regions;
  if (first) golden.regions = layout.regions;
  const RegionMatch match = MatchRegions(*golden.regions, layout.regions);
  metrics.Set(match);
  if (!first) return CheckDetection(match, options.match);
  Check check = CheckAnyRegions(layout);
  check.details += "; from now on it is compared with this answer";
  return check;
}

/// A change for the worse is told in the log; so is its end.
void DeepHealth::State::Publish(const Report& report) {
  metrics.Count(std::max(report.status, Status::kHealthy));
  if (!checked || report.status != last.status) {
    std::string failing;
    for (const Check& check : report.checks) {
      if (check.status < Status::kWarning) continue;
      failing += fmt::format("{}{}: {}", failing.empty() ? "" : "; ", check.name, check.details);
    }
    const LogLevel level = report.status == Status::kUnhealthy ? LogLevel::kError
                           : report.status == Status::kWarning ? LogLevel::kWarning
                                                               : LogLevel::kInfo;
    dependencies.logger.Write(level, "deep_health", {{"status", StatusName(report.status)}, {"failing", failing}});
  }
  last = report;
  ended = dependencies.clock.Now();
  checked = true;
}

/// How long nothing is to be done if nothing happens.
Duration DeepHealth::State::Wait(TimePoint now) const {
  Duration wait = std::chrono::hours(1);
  if (running) {
    wait = lost_at - now;
  } else if (periodic && golden.page) {
    wait = options.period - (now - ended);
  }
  return std::max<Duration>(wait, std::chrono::milliseconds(1));
}

/// Examines what comes, asks on the period, and gives up what nothing is heard of.
void DeepHealth::Watch(const std::shared_ptr<State>& state) {
  NameThread("deep-health");
  for (;;) {
    std::optional<Result<Sample>> sample;
    std::shared_ptr<const Page> page;
    {
      const MutexLock lock(state->mutex);
      if (state->stopped) return;
      const TimePoint now = state->dependencies.clock.Now();
      if (state->running && !state->sample && now >= state->lost_at) {
        ++state->run;  // should it come after all
        state->sample.emplace(Fail(ErrorCode::kDeadlineExceeded,
                                   fmt::format("nothing was heard of the page for {:.0f} s",
                                               Seconds(state->options.timeout + state->options.lost_after))));
      }
      const bool due = state->periodic && !state->running && state->jobs.empty() && state->golden.page &&
                       (!state->checked || now - state->ended >= state->options.period);
      if (state->sample) {
        sample = std::exchange(state->sample, std::nullopt);
      } else if (due) {
        page = state->golden.page;
      } else {
        state->changed.WaitFor(state->mutex, state->Wait(now));
        continue;
      }
    }
    if (sample) {
      Finish(state, *sample);
    } else {
      Enqueue(state, {.key = {}, .page = std::move(page), .waiting = {}});
    }
  }
}

Report DeepHealth::last() const {
  const MutexLock lock(state_->mutex);
  return state_->last;
}

Check DeepHealth::Verdict() const {
  const MutexLock lock(state_->mutex);
  const Duration age = state_->dependencies.clock.Now() - state_->ended;
  Check verdict{.name = "deep_health", .status = state_->last.status, .value = Seconds(age), .unit = "s"};
  verdict.details = fmt::format("{} {:.0f} s ago", StatusName(state_->last.status), Seconds(age));
  for (const Check& check : state_->last.checks) {
    if (check.status >= Status::kWarning) verdict.details += fmt::format("; {}: {}", check.name, check.details);
  }
  const Duration old = 3 * state_->options.period + state_->options.timeout;
  if (state_->periodic && age > old && verdict.status == Status::kHealthy) {
    verdict.status = Status::kWarning;
    verdict.details += "; no check has ended since";
  }
  return verdict;
}

}  // namespace doclayout::health
