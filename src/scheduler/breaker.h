#pragma once

#include "base/clock.h"

namespace doclayout::scheduler {

/// Stops the work when the engine fails again and again, so that callers are told at once and go elsewhere, and tries
/// with one page at a time whether it is well again.
///
/// Pure policy, not thread-safe.
class Breaker {
 public:
  struct Options {
    int failures = 5;                             ///< one after another that open it; 0: it never opens
    Duration open_for = std::chrono::seconds(5);  ///< before the first probe, doubled by each probe that fails
    Duration longest = std::chrono::seconds(60);  ///< that it is open for
  };
  enum class State { kClosed, kOpen, kHalfOpen };

  explicit Breaker(Options options) : options_(options) {}

  /// Half-open from the moment on at which a probe may go.
  State state(TimePoint now) const {
    if (!open_) return State::kClosed;
    return now < until_ ? State::kOpen : State::kHalfOpen;
  }
  /// Open or half-open.
  bool is_open() const { return open_; }
  /// When the next probe may go; of no meaning while closed.
  TimePoint until() const { return until_; }

  void Succeeded();
  /// Also of a probe.
  void Failed(TimePoint now);

  /// What is told later of an inference that succeeded: whether there was anything to be made of what it gave. Answers
  /// that are of no use are failures too, but each is begun before the one before it is known.
  void Used(bool usable, TimePoint now);

 private:
  void Open(TimePoint now);

  const Options options_;
  int in_a_row_ = 0;
  int useless_in_a_row_ = 0;
  bool open_ = false;
  TimePoint until_;
  Duration wait_{0};
};

}  // namespace doclayout::scheduler
