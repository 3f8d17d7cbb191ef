#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace doclayout {

/// Lets the process tidy up before SIGINT, SIGTERM or SIGHUP ends it, which they then do as if nobody had looked. A
/// signal that is ignored (nohup) stays so.
///
/// Made before any other thread is, so that all inherit the mask; at most one at a time. `clean_up` runs on a thread of
/// its own, at most once, while the others still run.
class SignalCleanup {
 public:
  explicit SignalCleanup(std::function<void()> clean_up);
  ~SignalCleanup();
  SignalCleanup(const SignalCleanup&) = delete;
  SignalCleanup& operator=(const SignalCleanup&) = delete;

 private:
  void Wait();

  const std::function<void()> clean_up_;
  sigset_t signals_{};
  sigset_t mask_before_{};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace doclayout
