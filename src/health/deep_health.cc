#include "health/deep_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/cpu.h"

namespace doclayout::health {
namespace {

/// Pages of callers that may wait behind the one that is inferred.
constexpr std::size_t kMostWaiting = 4;
constexpr int kNiceness = 10;

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// What took too long was perhaps only slow, or behind others: a slot that hangs is found by its own limit.
Check CheckInference(const Result<DeepHealth::Sample>& sample) {
  if (!sample && sample.error().code == ErrorCode::kDeadlineExceeded) {
    return {
        .name = "inference",
        .status = Status::kWarning,
        .details = "the page did not come back in the time that a check has: the model is slow, or all slots are busy"};
  }
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

Check NotLooked(std::string name, Status status) {
  return {.name = std::move(name), .status = status, .details = "no page came through the model"};
}

/// Whether the same checks have the same status. How many seconds or regions it is this time is no news.
bool SaysTheSame(const Report& one, const Report& other) {
  return std::ranges::equal(one.checks, other.checks, [](const Check& a, const Check& b) {
    return a.name == b.name && std::max(a.status, Status::kHealthy) == std::max(b.status, Status::kHealthy);
  });
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
  /// Nothing has come back, or nothing of use, in so much time: the last good values would say otherwise.
  void SetFailed(Duration time, bool late) {
    inference.Set(Seconds(time));
    if (!late) Set(RegionMatch{.recall = 0});
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
  static Report Unknown(Check inference, std::vector<Check> others);
  Report NotAsked() const {
    return Unknown({.name = "inference", .status = Status::kUnhealthy, .details = "the model is not loaded yet"},
                   Others(Dependencies::Look::kLookOnly));
  }
  Report Examine(const Job& job, const Result<Sample>& sample, std::vector<Check> others) REQUIRES(mutex);
  Check CheckGolden(const PageLayout& layout) REQUIRES(mutex);
  void Publish(const Report& report) REQUIRES(mutex);
  Duration Wait(TimePoint now) const REQUIRES(mutex);
  bool IsDue(TimePoint now) const REQUIRES(mutex);
  void PutNextFirst() REQUIRES(mutex);

  const Options options;
  const Dependencies dependencies;
  Metrics metrics;

  mutable Mutex mutex;
  CondVar changed;
  bool stopped GUARDED_BY(mutex) = false;
  bool periodic GUARDED_BY(mutex) = false;
  GoldenPage golden GUARDED_BY(mutex);
  bool recorded GUARDED_BY(mutex) = false;  ///< its regions are not the model's own first ones
  InferencePace pace GUARDED_BY(mutex);
  std::list<Job> jobs GUARDED_BY(mutex);  ///< the first one runs if `running`
  bool running GUARDED_BY(mutex) = false;
  bool last_was_golden GUARDED_BY(mutex) = false;          ///< the one that ended last, or runs
  TimePoint began GUARDED_BY(mutex);                       ///< when the one that runs did
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
  state_->dependencies.registry
      .AddGauge("pp_doclayout_deep_health_period_seconds", "Time between two deep health checks; 0: only when asked")
      .Set(Seconds(options.period));
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
    for (const PageDone& done : job.waiting) done(Over());
  }
}

void DeepHealth::SetGolden(GoldenPage golden) {
  const MutexLock lock(state_->mutex);
  state_->recorded = golden.regions.has_value();
  state_->golden = std::move(golden);
  state_->pace.Reset();
  state_->checked = false;
}

void DeepHealth::Start() {
  const MutexLock lock(state_->mutex);
  state_->periodic = state_->options.period > Duration(0);
  state_->changed.NotifyAll();
}

void DeepHealth::Ask(const Done& done) {
  Ask(done, state_->options.timeout);
}

void DeepHealth::Ask(const Done& done, Duration timeout) {
  bool there = false;
  {
    const MutexLock lock(state_->mutex);
    there = state_->golden.page != nullptr;
  }
  if (!there) return done(state_->NotAsked());
  Job job{.key = {}, .timeout = timeout, .read = {}, .golden = {}, .waiting = {}};
  job.waiting.emplace_back([done](const Result<Report>& report) { done(*report); });
  if (!Enqueue(*state_, std::move(job))) done(Over());
}

bool DeepHealth::AskAbout(std::string key, ReadPage read, PageDone done) {
  Job job{.key = std::move(key),
          .timeout = state_->options.timeout,
          .read = std::move(read),
          .golden = {},
          .waiting = {std::move(done)}};
  return Enqueue(*state_, std::move(job));
}

bool DeepHealth::HasRoom() const {
  const MutexLock lock(state_->mutex);
  return state_->jobs.size() <= kMostWaiting;
}

/// Joins the one for the same page, or waits for its turn. False when it cannot be taken.
bool DeepHealth::Enqueue(State& state, Job job) {
  const MutexLock lock(state.mutex);
  if (state.stopped) return false;
  const auto same = std::ranges::find_if(state.jobs, [&job](const Job& other) { return other.key == job.key; });
  if (same != state.jobs.end()) {
    std::ranges::move(job.waiting, std::back_inserter(same->waiting));
    return true;
  }
  if (!job.key.empty() && state.jobs.size() > kMostWaiting) return false;
  state.jobs.push_back(std::move(job));
  state.changed.NotifyAll();
  return true;
}

/// The golden page goes before callers' pages, but lets one of them between two turns of its own.
void DeepHealth::State::PutNextFirst() {
  const auto find = [this](bool golden_one) REQUIRES(mutex) {
    return std::ranges::find_if(jobs, [golden_one](const Job& job) { return job.key.empty() == golden_one; });
  };
  auto next = find(!last_was_golden);
  if (next == jobs.end()) next = find(last_was_golden);
  jobs.splice(jobs.begin(), jobs, next);
  last_was_golden = jobs.front().key.empty();
}

/// On the own thread, when none runs and one waits: reads its page and has it inferred.
void DeepHealth::Begin(const std::shared_ptr<State>& state) {
  ReadPage read;
  Duration timeout{0};
  std::uint64_t run = 0;
  Result<std::shared_ptr<const Page>> page = std::shared_ptr<const Page>();
  {
    const MutexLock lock(state->mutex);
    if (state->stopped) return;
    state->PutNextFirst();
    Job& job = state->jobs.front();
    state->running = true;
    state->began = state->dependencies.clock.Now();
    run = ++state->run;
    read = job.read;
    timeout = job.timeout;
    state->lost_at = TimePoint::max();
    if (job.key.empty()) page = job.golden = state->golden.page;
  }
  if (read) page = read();
  if (!page) {
    std::vector<PageDone> waiting;
    {
      const MutexLock lock(state->mutex);
      if (state->jobs.empty()) return;  // it was stopped
      state->running = false;
      waiting = std::move(state->jobs.front().waiting);
      state->jobs.pop_front();
    }
    for (const PageDone& done : waiting) done(Fail(page.error()));
    return;
  }
  const Deadline deadline = Deadline::After(state->dependencies.clock, timeout);
  {
    const MutexLock lock(state->mutex);
    state->lost_at = deadline.time() + state->options.lost_after;
  }
  state->dependencies.infer(std::move(*page), deadline,
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
  std::vector<PageDone> waiting;
  {
    const MutexLock lock(state->mutex);
    if (state->jobs.empty()) return;  // it was stopped
    state->running = false;
    Job& job = state->jobs.front();
    // The model may have been exchanged meanwhile: of which one this is, nobody knows, and it is asked for anew.
    if (job.key.empty() && job.golden != state->golden.page) return;
    report = state->Examine(job, sample, std::move(others));
    if (job.key.empty()) state->Publish(report);
    waiting = std::move(job.waiting);
    state->jobs.pop_front();
  }
  for (const PageDone& done : waiting) done(report);
}

Report DeepHealth::State::Unknown(Check inference, std::vector<Check> others) {
  const Status status = inference.status;
  std::vector<Check> checks{std::move(inference), NotLooked("inference_speed", status),
                            NotLooked("detection_accuracy", status)};
  std::ranges::move(others, std::back_inserter(checks));
  return Judge(std::move(checks));
}

Report DeepHealth::State::Examine(const Job& job, const Result<Sample>& result, std::vector<Check> others) {
  if (!result) {
    if (job.key.empty()) {
      const bool late = result.error().code == ErrorCode::kDeadlineExceeded;
      metrics.SetFailed(dependencies.clock.Now() - began, late);
    }
    return Unknown(CheckInference(result), std::move(others));
  }
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
  if (first && layout.regions.empty()) return CheckAnyRegions(layout);  // no measure for anything
  if (first) golden.regions = layout.regions;
  const RegionMatch match = MatchRegions(*golden.regions, layout.regions);
  metrics.Set(match);
  if (first) {
    Check check = CheckAnyRegions(layout);
    check.details += "; from now on it is compared with this answer";
    return check;
  }
  Check check = CheckDetection(match, options.match);
  if (!recorded) check.details += "; nobody has recorded this page: they are those of the model's first answer";
  return check;
}

/// Each change of what is not healthy is told in the log, and its end.
void DeepHealth::State::Publish(const Report& report) {
  metrics.Count(std::max(report.status, Status::kHealthy));
  if (!checked || !SaysTheSame(report, last)) {
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
    wait = std::min<Duration>(wait, lost_at - now);
  } else if (periodic && golden.page) {
    wait = options.period - (now - ended);
  }
  return std::max<Duration>(wait, std::chrono::milliseconds(1));
}

/// Whether the golden page is to be asked for, and nobody has.
bool DeepHealth::State::IsDue(TimePoint now) const {
  if (!periodic || !golden.page) return false;
  if (std::ranges::any_of(jobs, [](const Job& job) { return job.key.empty(); })) return false;
  return !checked || now - ended >= options.period;
}

/// Begins, examines what comes, asks on the period, and gives up what nothing is heard of.
void DeepHealth::Watch(const std::shared_ptr<State>& state) {
  NameThread("deep-health");
  LowerThreadPriority(kNiceness);  // it reads callers' pages
  for (;;) {
    std::optional<Result<Sample>> sample;
    {
      const MutexLock lock(state->mutex);
      if (state->stopped) return;
      const TimePoint now = state->dependencies.clock.Now();
      if (state->running && !state->sample && now >= state->lost_at) {
        ++state->run;  // should it come after all
        state->sample.emplace(Fail(ErrorCode::kInternal, "nothing at all was heard of the page: the scheduler hangs"));
      }
      if (state->IsDue(now)) {
        state->jobs.push_back({.key = {}, .timeout = state->options.timeout, .read = {}, .golden = {}, .waiting = {}});
      }
      sample = std::exchange(state->sample, std::nullopt);
      if (!sample && (state->running || state->jobs.empty())) {
        state->changed.WaitFor(state->mutex, state->Wait(now));
        continue;
      }
    }
    if (sample) {
      Finish(state, *sample);
    } else {
      Begin(state);
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
