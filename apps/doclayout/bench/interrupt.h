#pragma once

#include <csignal>

namespace doclayout::bench {

/// Turns the first SIGINT or SIGTERM into something that a loop can wait for; the next one ends the process as usual.
/// One that is ignored stays so.
///
/// Made before any other thread is, at most one at a time; used by one thread. Never blocks.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Readable once there was a signal; -1 where the kernel gives none.
  int descriptor() const { return descriptor_; }

  /// Whether there was a signal.
  bool Came();

 private:
  const sigset_t signals_;
  const sigset_t mask_before_;
  const int descriptor_;
  bool came_ = false;
};

}  // namespace doclayout::bench
