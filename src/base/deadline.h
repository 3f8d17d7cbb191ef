#pragma once

#include "base/clock.h"

namespace doclayout {

/// A point in time by which an answer is of use. A plain value.
class Deadline {
 public:
  static Deadline Never() { return Deadline(TimePoint::max()); }
  static Deadline At(TimePoint time) { return Deadline(time); }
  static Deadline After(const Clock& clock, Duration duration) { return Deadline(clock.Now() + duration); }

  bool HasPassed(TimePoint now) const { return now >= time_; }
  TimePoint time() const { return time_; }

 private:
  explicit Deadline(TimePoint time) : time_(time) {}

  TimePoint time_;
};

}  // namespace doclayout
