#include "probe/prober.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace doclayout::probe {
namespace {

/// Of a thread that has work to do: what is beyond is no slow call any more.
constexpr std::chrono::seconds kPatience(15);

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

LogLevel LevelOf(Verdict verdict) {
  return IsFailure(verdict) ? LogLevel::kError : LogLevel::kWarning;
}

}  // namespace

Prober::Prober(const Options& options, Dependencies dependencies)
    : options_(options),
      deps_(std::move(dependencies)),
      schedule_(deps_.clock.Now(), options.period),
      waiting_since_(schedule_.due()),
      turned_(schedule_.due().time_since_epoch().count()) {}

void Prober::Run() {
  while (!stopped()) {
    const TimePoint now = Turn();
    if (waiting_ && !LookAtStart()) {
      WaitUntil(now + options_.start_poll);
      continue;
    }
    WaitUntil(schedule_.due());
    if (stopped()) return;
    Turn();
    Ask();
    schedule_.Advance(deps_.clock.Now());
  }
}

std::optional<Outcome> Prober::RunOnce() {
  if (std::optional<Outcome> outcome = WaitForStart()) return outcome;
  if (stopped()) return std::nullopt;
  Outcome outcome = deps_.service.AskDeepHealth();
  if (stopped()) return std::nullopt;
  LogVerdict(outcome);
  return outcome;
}

/// Nothing when it is up, or this is stopped; else what came of waiting.
std::optional<Outcome> Prober::WaitForStart() {
  while (!stopped()) {
    const TimePoint now = Turn();
    const StartUp start = deps_.service.AskStartUp();
    if (stopped() || start.state == StartState::kStarted) return std::nullopt;
    if (start.state == StartState::kDraining) return Outcome{.verdict = Verdict::kDraining, .reason = start.phase};
    if (start.state == StartState::kRefused) return Outcome{.reason = start.phase};
    NoteStart(start);
    if (deps_.clock.Now() - waiting_since_ >= options_.start_timeout) {
      return Outcome{.reason =
                         fmt::format("it was not up after {} s: {}", Seconds(options_.start_timeout), start.phase)};
    }
    WaitUntil(now + options_.start_poll);
  }
  return std::nullopt;
}

/// Whether there is nothing to wait for any more.
bool Prober::LookAtStart() {
  const StartUp start = deps_.service.AskStartUp();
  if (stopped()) return false;
  const TimePoint now = deps_.clock.Now();
  if (start.state == StartState::kStarted) {
    deps_.logger.Write(LogLevel::kInfo, "started", {{"waited_ms", Milliseconds(now - waiting_since_)}});
    // Of a restart the calls stay where they were: what contradicts itself is not asked all the time.
    if (!was_up_) schedule_ = Schedule(now, options_.period);
  } else if (!was_up_ || start.state == StartState::kStarting) {
    NoteStart(start);
    if (now - waiting_since_ >= options_.start_timeout && now >= schedule_.due()) GiveUpStart();
    return false;
  }
  // Up, or gone in the middle of another start: a call of deep health says the rest.
  waiting_ = false;
  was_up_ = true;
  start_.reset();
  return true;
}

/// One line for each phase.
void Prober::NoteStart(const StartUp& start_up) {
  if (start_ && start_->state == start_up.state && start_->phase == start_up.phase) return;
  start_ = start_up;
  deps_.logger.Write(start_up.state == StartState::kRefused ? LogLevel::kWarning : LogLevel::kInfo, "waiting_for_start",
                     {{"state", StartStateName(start_up.state)},
                      {"phase", start_up.phase},
                      {"waited_ms", Milliseconds(deps_.clock.Now() - waiting_since_)}});
}

/// It is waited for on, and as good as unreachable meanwhile.
void Prober::GiveUpStart() {
  deps_.logger.Write(LogLevel::kError, "start_timeout",
                     {{"phase", start_->phase}, {"waited_ms", Milliseconds(deps_.clock.Now() - waiting_since_)}});
  Take({.reason = fmt::format("it was not up after {} s: {}", Seconds(options_.start_timeout), start_->phase)});
  schedule_.Advance(deps_.clock.Now());
}

void Prober::Ask() {
  Outcome outcome = deps_.service.AskDeepHealth();
  if (stopped()) return;  // It was broken off, and says nothing of the service.
  NoteDrain(outcome);
  Take(outcome);
  if (outcome.verdict != Verdict::kStarting) return;
  waiting_ = true;
  waiting_since_ = deps_.clock.Now();
}

/// A service that shuts down closes its port long before its last page is answered.
void Prober::NoteDrain(Outcome& outcome) {
  const TimePoint now = deps_.clock.Now();
  const bool silent = outcome.verdict == Verdict::kUnreachable && outcome.http_status == 0;
  if (silent && draining_since_ && now - *draining_since_ < options_.drain_timeout) {
    outcome.verdict = Verdict::kDraining;
  }
  if (outcome.verdict != Verdict::kDraining) {
    draining_since_.reset();
  } else if (!draining_since_) {
    draining_since_ = now;
  }
}

void Prober::Take(const Outcome& outcome) {
  LogVerdict(outcome);
  LogChange(outcome);
  deps_.metrics.Record(outcome, std::chrono::system_clock::now());
  const std::optional<Notice> notice = deps_.alarm.Take(outcome, deps_.clock.Now());
  deps_.metrics.alarm.Set(deps_.alarm.active() ? 1 : 0);
  if (!notice) return;
  deps_.logger.Write(notice->kind == Notice::Kind::kRecovery ? LogLevel::kWarning : LogLevel::kError, "notice",
                     {{"kind", NoticeName(notice->kind)}, {"lasted_ms", Milliseconds(notice->lasted)}});
  deps_.notify(*notice);
}

void Prober::LogVerdict(const Outcome& outcome) {
  if (!deps_.logger.Enabled(LogLevel::kInfo)) return;
  std::vector<std::string> keys;
  keys.reserve(outcome.checks.size());  // The fields point to them.
  std::vector<LogField> fields = {{"status", VerdictName(outcome.verdict)},
                                  {"reason", outcome.reason},
                                  {"http_status", static_cast<long long>(outcome.http_status)},
                                  {"ms", Milliseconds(outcome.took)}};
  for (const health::Check& check : outcome.checks) {
    fields.push_back({keys.emplace_back("check." + check.name), health::StatusName(check.status)});
  }
  deps_.logger.Write(LogLevel::kInfo, "probe", fields);
}

void Prober::LogChange(const Outcome& outcome) {
  const std::optional<Verdict> before = std::exchange(verdict_, outcome.verdict);
  if (before == outcome.verdict) return;
  if (!before && outcome.verdict == Verdict::kHealthy) return;  // as it should be
  std::string details = outcome.reason;
  for (const health::Check& check : outcome.checks) {
    if (check.status < health::Status::kWarning) continue;
    details += fmt::format("{}{}: {}", details.empty() ? "" : "; ", check.name, check.details);
  }
  deps_.logger.Write(LevelOf(outcome.verdict), "status_changed",
                     {{"from", before ? VerdictName(*before) : "unknown"},
                      {"to", VerdictName(outcome.verdict)},
                      {"details", details}});
}

void Prober::Stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  deps_.service.Abandon();
}

health::Report Prober::Health() const {
  const TimePoint turned{Duration(turned_.load())};
  const double age = Seconds(deps_.clock.Now() - turned);
  const double most = Seconds(options_.period + options_.timeout + kPatience);
  health::Check check{
      .name = "probing", .details = fmt::format("the last turn began {:.1f} s ago", age), .value = age, .unit = "s"};
  if (age > most) {
    check.status = health::Status::kUnhealthy;
    check.details += fmt::format(", and one takes {:.1f} s at most: its thread hangs", most);
  }
  return health::Judge({std::move(check)});
}

TimePoint Prober::Turn() {
  const TimePoint now = deps_.clock.Now();
  turned_.store(now.time_since_epoch().count());
  return now;
}

/// Or until it is stopped.
void Prober::WaitUntil(TimePoint time) {
  const MutexLock lock(mutex_);
  while (!stopped_) {
    const Duration left = time - deps_.clock.Now();
    if (left <= Duration(0)) return;
    changed_.WaitFor(mutex_, left);
  }
}

bool Prober::stopped() const {
  const MutexLock lock(mutex_);
  return stopped_;
}

}  // namespace doclayout::probe
