#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/clock.h"

namespace doclayout::bench {

/// Wakes a thread when one of many sockets has something to do, or when it is time: by epoll(7), in a time that does
/// not grow with the number of sockets, and to the nanosecond.
///
/// Not thread-safe. Only `Wait` blocks.
class SocketWaker {
 public:
  /// Also wakes when `other` is readable; -1 is none.
  explicit SocketWaker(int other);
  ~SocketWaker();
  SocketWaker(const SocketWaker&) = delete;
  SocketWaker& operator=(const SocketWaker&) = delete;

  /// False when the kernel gives no descriptors; nothing else may be called then.
  bool good() const { return epoll_ >= 0 && timer_ >= 0; }

  /// `events` as of epoll_ctl(2), in the place of those before. The socket has to stay open until `Forget`.
  void Watch(int socket, std::uint32_t events) const;
  void Forget(int socket) const;

  /// Blocks until something happens or it is `until`, a second at most. Gives sockets as `data.fd`, valid until the
  /// next call: none, some, or not yet all that have something to do.
  std::span<const epoll_event> Wait(TimePoint until);

 private:
  const int epoll_;
  const int timer_;
  const int other_;
  std::array<epoll_event, 64> events_{};
};

}  // namespace doclayout::bench
