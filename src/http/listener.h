#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "http/event_loop.h"

namespace doclayout::http {

/// A listening TCP socket that hands over what it accepts.
///
/// When the process is out of descriptors or memory it leaves callers in the kernel's queue and tries again after a
/// pause, so that it neither spins nor loses them.
class Listener {
 public:
  struct Options {
    std::string host = "0.0.0.0";  ///< an address, or a name that resolves to one; "::" takes IPv4 too
    int port = 0;                  ///< 0: any that is free
    Duration pause = std::chrono::milliseconds(100);  ///< after an accept that failed for want of resources
  };

  /// Binds and listens; connections then wait in the kernel until `Start`. Any thread; blocks for a name's resolution.
  /// `kBadParameter` when that address cannot be listened on; the message says why. The loop and the logger must
  /// outlive it.
  static Result<std::shared_ptr<Listener>> Open(const Options& options, EventLoop& loop, Logger& logger);

  virtual ~Listener() = default;

  /// The port that it listens on. Any thread.
  virtual int port() const = 0;

  /// From now on calls `accepted` with each new socket, connected and non-blocking; the callee owns it. I/O thread
  /// only.
  virtual void Start(std::function<void(int socket)> accepted) = 0;

  /// Hands over what waits in the kernel, then closes. I/O thread only.
  virtual void Stop() = 0;
};

}  // namespace doclayout::http
