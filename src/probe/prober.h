#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "health/health.h"
#include "probe/alarm.h"
#include "probe/outcome.h"
#include "probe/probe_metrics.h"
#include "probe/schedule.h"
#include "probe/service.h"

namespace doclayout::probe {

/// Asks a service for its deep health, once or for ever, and sees to it that people hear of what it says.
///
/// `Run` and `RunOnce` belong to one thread, which they block; `Stop` and `Health` are for any.
class Prober {
 public:
  struct Options {
    Duration period = std::chrono::seconds(30);
    Duration timeout = std::chrono::seconds(20);  ///< of a call, as the service has it: for `Health`
    Duration start_timeout = std::chrono::seconds(600);
    Duration drain_timeout = std::chrono::seconds(120);  ///< its closed port is no failure meanwhile
    Duration start_poll = std::chrono::seconds(1);       ///< between two looks at how the start goes
  };

  /// All must outlive it. `notify` is called on the prober's thread and must not block.
  struct Dependencies {
    Service& service;
    ProbeMetrics& metrics;
    Alarm& alarm;
    std::function<void(const Notice&)> notify;
    Logger& logger;
    const Clock& clock;
  };

  Prober(const Options& options, Dependencies dependencies);

  /// Waits until the service is up, then asks on the period. Returns soon after `Stop`.
  void Run();

  /// Waits until the service is up and asks once. Nullopt when stopped. "unreachable" when it did not come up in its
  /// time, or refuses to say whether it is.
  std::optional<Outcome> RunOnce();

  /// Ends what goes on, a call under way too. Returns at once.
  void Stop();

  /// Whether this probe itself goes on: unhealthy when its thread hangs. Says nothing of the service, for whose
  /// illness a restart of the probe is no cure. Never blocks.
  health::Report Health() const;

 private:
  bool LookAtStart();
  std::optional<Outcome> WaitForStart();
  void NoteStart(const StartUp& start_up);
  void GiveUpStart();
  void Ask();
  void NoteDrain(Outcome& outcome);
  void Take(const Outcome& outcome);
  void LogVerdict(const Outcome& outcome);
  void LogChange(const Outcome& outcome);
  TimePoint Turn();
  void WaitUntil(TimePoint time);
  bool stopped() const;

  const Options options_;
  const Dependencies deps_;

  // Of the prober's thread.
  Schedule schedule_;
  std::optional<TimePoint> draining_since_;  ///< it said that it shuts down, and nothing else since
  bool waiting_ = true;                      // for the start
  bool was_up_ = false;                      // it has been up: if it cannot be reached now, that is no start
  TimePoint waiting_since_;
  std::optional<StartUp> start_;    // as the log has it, while it is waited for
  std::optional<Verdict> verdict_;  // the latest

  std::atomic<TimePoint::rep> turned_;  // when the thread last went on
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace doclayout::probe
