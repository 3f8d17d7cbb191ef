#include "bench/socket_waker.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace doclayout::bench {

SocketWaker::SocketWaker(int other)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      other_(other) {
  if (!good()) return;
  Watch(timer_, EPOLLIN);
  if (other_ >= 0) Watch(other_, EPOLLIN);
}

SocketWaker::~SocketWaker() {
  if (timer_ >= 0) close(timer_);
  if (epoll_ >= 0) close(epoll_);
}

void SocketWaker::Watch(int socket, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0) epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
}

void SocketWaker::Forget(int socket) const {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
}

std::span<const epoll_event> SocketWaker::Wait(TimePoint until) {
  constexpr long kBillion = 1'000'000'000;
  const auto since_boot = std::chrono::duration_cast<std::chrono::nanoseconds>(until.time_since_epoch()).count();
  itimerspec moment{};
  moment.it_value.tv_sec = since_boot / kBillion;
  moment.it_value.tv_nsec = since_boot % kBillion;
  // Set anew each time, it is no longer readable for having been over before.
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &moment, nullptr);
  constexpr int kLongestMs = 1000;
  const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), kLongestMs);
  const auto end = std::remove_if(events_.begin(), events_.begin() + std::max(0, count), [this](const auto& event) {
    return event.data.fd == timer_ || event.data.fd == other_;
  });
  return {events_.data(), static_cast<std::size_t>(end - events_.begin())};
}

}  // namespace doclayout::bench
