#pragma once

#include "base/clock.h"

namespace doclayout::probe {

/// When the next call is due: at whole periods from the first one, so that calls which take their time do not push the
/// later ones away. What falls due during a call is left out: there is never more than one.
///
/// Pure policy, not thread-safe.
class Schedule {
 public:
  /// The first is due at `first`. The period is positive.
  Schedule(TimePoint first, Duration period) : due_(first), period_(period) {}

  TimePoint due() const { return due_; }

  /// A call has ended now: the next one is due at the first period's end that is still to come.
  void Advance(TimePoint now) { due_ += now < due_ ? period_ : ((now - due_) / period_ + 1) * period_; }

 private:
  TimePoint due_;
  Duration period_;
};

}  // namespace doclayout::probe
