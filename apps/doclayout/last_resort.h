#pragma once

#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace doclayout {

/// Ends the process when its time to end is over, whatever still hangs: a page that takes long to decode, a library
/// that waits for its threads. Not thread-safe.
class LastResort {
 public:
  LastResort() = default;
  /// The end came in time: the process lives on.
  ~LastResort();

  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

  /// In `time` the process exits with `code`, with neither destructors nor exit handlers, unless this object has ended
  /// by then. Once.
  void Arm(int code, Duration time);

 private:
  Mutex mutex_;
  CondVar disarmed_;
  bool over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace doclayout
