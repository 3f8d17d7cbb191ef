#pragma once

#include <atomic>

#include "base/clock.h"

namespace doclayout {

/// A clock that moves when a test says so. Thread-safe.
class FakeClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(ticks_.load())); }
  void Advance(Duration duration) { ticks_ += duration.count(); }

 private:
  std::atomic<Duration::rep> ticks_{1};
};

}  // namespace doclayout
