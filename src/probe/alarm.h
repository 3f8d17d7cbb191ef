#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "probe/outcome.h"

namespace doclayout::probe {

/// Something that people should be told.
struct Notice {
  enum class Kind {
    kAlarm,     ///< it began to fail
    kChanged,   ///< other checks fail now
    kReminder,  ///< it still fails
    kRecovery,  ///< it is good again
  };
  Kind kind = Kind::kAlarm;
  Outcome outcome;    ///< the latest
  Duration lasted{};  ///< from the first verdict that was bad to this one; of a recovery to the first that was good
};

/// "alarm", "changed", "reminder" or "recovery".
std::string_view NoticeName(Notice::Kind kind);

/// Decides when people are told: once when a service fails, once when other checks fail, from time to time while it
/// lasts, and once when it is over.
///
/// Each takes so many verdicts in a row: one slow call is no alarm, and what flaps does not send a message a minute.
/// Verdicts of a service that drains or starts count neither way: it neither fails nor is it well, and one that
/// crashes again and again as it starts does not hide behind them.
///
/// Pure policy, not thread-safe.
class Alarm {
 public:
  struct Options {
    int failures = 2;                         ///< verdicts in a row; at least 1
    Duration repeat = std::chrono::hours(1);  ///< between messages while it lasts; 0: none
  };

  explicit Alarm(Options options) : options_(options) {}

  /// A verdict, in the order of time.
  std::optional<Notice> Take(const Outcome& outcome, TimePoint now);

  /// People were told that it fails, and not yet that it is over.
  bool active() const { return active_; }

 private:
  std::optional<Notice> TakeFailure(const Outcome& outcome, TimePoint now);
  std::optional<Notice> TakeGood(const Outcome& outcome, TimePoint now);
  Notice Tell(Notice::Kind kind, const Outcome& outcome, TimePoint now);

  const Options options_;
  bool active_ = false;
  int bad_ = 0;           // verdicts in a row; while active, those with `seen_`
  int good_ = 0;          // verdicts in a row, while active
  TimePoint bad_since_;   // of the first of this time
  TimePoint good_since_;  // of the first in a row
  TimePoint told_at_;
  std::vector<std::string> told_;  // what failed when people were told last
  std::vector<std::string> seen_;  // what failed at the last bad verdict
};

}  // namespace doclayout::probe
