#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/event_loop.h"

namespace doclayout::http {

/// How reading or writing ended.
enum class IoEnd {
  kDone,         ///< bytes were read, or all were written
  kGone,         ///< the caller closed, or the connection broke or was cut
  kTimeout,      ///< the time was up
  kInterrupted,  ///< `Interrupt` was called
};

/// A caller's TCP socket whose every operation has a limit of time.
///
/// I/O thread only; never blocks. At most one operation at a time, which keeps the socket alive until it has called
/// `done`; what it reads or writes must live as long.
class TimedSocket {
 public:
  using Done = std::function<void(IoEnd)>;

  /// Takes over a connected, non-blocking socket. Null, with the socket closed, when that cannot be done.
  static std::shared_ptr<TimedSocket> Adopt(EventLoop& loop, int socket);

  virtual ~TimedSocket() = default;

  /// Appends what has arrived to `buffer`, at most `most` bytes; waits for it until `until`. `kTimeout` from then on,
  /// also for a caller who never stops sending, and then with bytes.
  virtual void ReadSome(std::string& buffer, std::size_t most, TimePoint until, Done done) = 0;

  /// Writes both, one behind the other, whole.
  virtual void Write(std::string_view head, std::string_view body, TimePoint until, Done done) = 0;

  /// Calls `left` when the caller closes its side before `Interrupt` is called. Where unread bytes of a next request
  /// stand before that end, it is seen some time later.
  virtual void WatchCaller(std::function<void()> left) = 0;

  /// Ends what waits, with `kInterrupted`.
  virtual void Interrupt() = 0;

  /// Ends it now: what waits and what comes later gets `kGone`.
  virtual void Abort() = 0;

  virtual void ShutdownSend() = 0;
  virtual bool HasUnread() = 0;  ///< bytes have arrived that were not read
};

}  // namespace doclayout::http
