#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.h"

namespace doclayout {

enum class StopCause { kSignal, kStuckSlot, kMemory };

/// "signal", "stuck_slot" or "memory".
std::string_view StopCauseName(StopCause cause);

/// The end of the service, wherever it comes from: SIGTERM, SIGINT, or the service itself, which finds that it must be
/// started anew.
///
/// Thread-safe. Make it before any other thread: they inherit that these signals, and SIGHUP, do not end the process.
class StopRequest {
 public:
  struct Reason {
    StopCause cause = StopCause::kSignal;
    std::string signal;  ///< "SIGTERM" or "SIGINT"; empty for another cause
  };

  StopRequest();
  ~StopRequest();

  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// The first counts. Does not block.
  void Ask(StopCause cause);

  /// Blocks until somebody asks; also behind who asked before.
  Reason Wait();

  /// Who asks first calls `tell`, once, on its own thread; who has asked before, this function does. It must not block.
  /// Nullptr: nothing is called any more once this returns.
  void OnAsked(std::function<void()> tell);

  /// A second signal calls `hurry`, once, with its name, on a thread that it may use; one that has come before
  /// calls it now. Nullptr: nothing is called any more once this returns.
  void OnFurtherSignal(std::function<void(const std::string& signal)> hurry);

  /// Whether a second signal has come.
  bool hurried() const;

  /// SIGHUP calls `hang_up` from now on, as above.
  void OnHangUp(std::function<void()> hang_up);

 private:
  void Listen();
  void Take(const std::string& signal);
  void Tell();

  Mutex mutex_;
  CondVar asked_;
  std::optional<Reason> reason_ GUARDED_BY(mutex_);
  bool signalled_ GUARDED_BY(mutex_) = false;
  bool over_ GUARDED_BY(mutex_) = false;

  mutable Mutex calling_;  // held while a function is called, so that it can be taken back
  std::function<void()> tell_ GUARDED_BY(calling_);
  std::function<void(const std::string&)> hurry_ GUARDED_BY(calling_);
  std::optional<std::string> further_ GUARDED_BY(calling_);  ///< the second signal
  std::function<void()> hang_up_ GUARDED_BY(calling_);

  std::thread listener_;
};

}  // namespace doclayout
