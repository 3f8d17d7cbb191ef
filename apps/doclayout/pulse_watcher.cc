#include "pulse_watcher.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/cpu.h"
#include "base/thread_stack.h"

namespace doclayout {
namespace {

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

health::Check CheckAge(const char* name, Duration age, Duration limit, std::string_view what) {
  health::Check check{
      .name = name, .details = fmt::format("{} {:.1f} s ago", what, Seconds(age)), .value = Seconds(age), .unit = "s"};
  if (age > limit) {
    check.status = health::Status::kUnhealthy;
    check.details += fmt::format("; more than {:.0f} s means that it hangs", Seconds(limit));
  }
  return check;
}

}  // namespace

PulseWatcher::PulseWatcher(const Options& options, const http::Server& server, std::function<void()> touch,
                           metrics::Registry& registry, Logger& logger)
    : options_(options),
      server_(server),
      touch_(std::move(touch)),
      logger_(logger),
      blocked_(registry.AddCounter("pp_doclayout_event_loop_blocked_total",
                                   "Times that the I/O thread was held up for longer than it may")) {
  registry.AddGaugeFunction("pp_doclayout_event_loop_age_seconds", "Time since the I/O thread last went round", {},
                            [&server] { return Seconds(SteadyClock().Now() - server.last_turn()); });
  thread_ = std::thread([this] { Watch(); });
}

PulseWatcher::~PulseWatcher() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
  }
  ended_.NotifyAll();
  thread_.join();
}

std::vector<health::Check> PulseWatcher::Checks() const {
  const TimePoint now = clock_.Now();
  const Duration::rep since = touching_since_.load();
  const Duration touching = since == 0 ? Duration(0) : now - TimePoint(Duration(since));
  return {CheckAge("event_loop", now - server_.last_turn(), options_.limit, "the I/O thread went round"),
          CheckAge("scheduler", touching, options_.limit, "the scheduler answered or was asked")};
}

std::vector<health::Check> PulseWatcher::NotWatched() {
  return {{.name = "event_loop", .details = "the service starts"},
          {.name = "scheduler", .details = "the service starts"}};
}

void PulseWatcher::Watch() {
  NameThread("pulse");
  for (;;) {
    LookAtLoop();
    Touch();
    const MutexLock lock(mutex_);
    if (!over_) ended_.WaitFor(mutex_, options_.period);
    if (over_) return;
  }
}

void PulseWatcher::LookAtLoop() {
  const Duration age = clock_.Now() - server_.last_turn();
  const bool blocked = age > options_.limit;
  if (blocked == was_blocked_) return;
  was_blocked_ = blocked;
  if (!blocked) {
    logger_.Write(LogLevel::kInfo, "event_loop_recovered");
    return;
  }
  blocked_.Increment();
  const std::vector<std::string> stack = StackOfThread(server_.io_thread_id(), options_.period);
  logger_.Write(LogLevel::kError, "event_loop_blocked",
                {{"seconds", Seconds(age)}, {"stack", fmt::format("{}", fmt::join(stack, "\n"))}});
}

void PulseWatcher::Touch() {
  touching_since_ = clock_.Now().time_since_epoch().count();
  touch_();
  touching_since_ = 0;
}

}  // namespace doclayout
