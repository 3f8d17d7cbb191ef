#include "probe/alarm.h"

#include <utility>

namespace doclayout::probe {

std::string_view NoticeName(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::kAlarm:
      return "alarm";
    case Notice::Kind::kChanged:
      return "changed";
    case Notice::Kind::kReminder:
      return "reminder";
    case Notice::Kind::kRecovery:
      return "recovery";
  }
  return "alarm";
}

std::optional<Notice> Alarm::Take(const Outcome& outcome, TimePoint now) {
  if (IsFailure(outcome.verdict)) return TakeFailure(outcome, now);
  if (IsGood(outcome.verdict)) return TakeGood(outcome, now);
  return std::nullopt;
}

std::optional<Notice> Alarm::TakeFailure(const Outcome& outcome, TimePoint now) {
  good_ = 0;
  if (!active_) {
    if (bad_++ == 0) bad_since_ = now;
    if (bad_ < options_.failures) return std::nullopt;
    active_ = true;
    return Tell(Notice::Kind::kAlarm, outcome, now);
  }
  std::vector<std::string> failing = Failing(outcome);
  bad_ = failing == seen_ ? bad_ + 1 : 1;
  seen_ = std::move(failing);
  if (seen_ != told_ && bad_ >= options_.failures) return Tell(Notice::Kind::kChanged, outcome, now);
  if (options_.repeat > Duration(0) && now - told_at_ >= options_.repeat) {
    return Tell(Notice::Kind::kReminder, outcome, now);
  }
  return std::nullopt;
}

std::optional<Notice> Alarm::TakeGood(const Outcome& outcome, TimePoint now) {
  if (!active_) {
    bad_ = 0;
    return std::nullopt;
  }
  if (good_++ == 0) good_since_ = now;
  if (good_ < options_.failures) return std::nullopt;
  active_ = false;
  bad_ = 0;
  good_ = 0;
  return Notice{.kind = Notice::Kind::kRecovery, .outcome = outcome, .lasted = good_since_ - bad_since_};
}

Notice Alarm::Tell(Notice::Kind kind, const Outcome& outcome, TimePoint now) {
  told_ = Failing(outcome);
  seen_ = told_;
  told_at_ = now;
  return {.kind = kind, .outcome = outcome, .lasted = now - bad_since_};
}

}  // namespace doclayout::probe
