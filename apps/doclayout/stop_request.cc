#include "stop_request.h"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace doclayout {
namespace {

sigset_t Signals() {
  sigset_t set{};
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

std::string_view StopCauseName(StopCause cause) {
  switch (cause) {
    case StopCause::kSignal:
      return "signal";
    case StopCause::kStuckSlot:
      return "stuck_slot";
    case StopCause::kMemory:
      return "memory";
  }
  return "signal";
}

StopRequest::StopRequest() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::thread([this] { Listen(); });
}

StopRequest::~StopRequest() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
  }
  pthread_kill(listener_.native_handle(), SIGINT);  // to that thread only, which waits for it
  listener_.join();
}

void StopRequest::Ask(StopCause cause) {
  {
    const MutexLock lock(mutex_);
    if (reason_) return;
    reason_ = Reason{.cause = cause};
    asked_.NotifyAll();
  }
  Tell();
}

StopRequest::Reason StopRequest::Wait() {
  const MutexLock lock(mutex_);
  while (!reason_) asked_.Wait(mutex_);
  return *reason_;
}

void StopRequest::OnAsked(std::function<void()> tell) {
  const MutexLock lock(calling_);
  tell_ = std::move(tell);
  const MutexLock reason_lock(mutex_);
  if (reason_ && tell_) std::exchange(tell_, nullptr)();
}

void StopRequest::OnFurtherSignal(std::function<void(const std::string&)> hurry) {
  const MutexLock lock(calling_);
  hurry_ = std::move(hurry);
  if (further_ && hurry_) std::exchange(hurry_, nullptr)(*further_);
}

bool StopRequest::hurried() const {
  const MutexLock lock(calling_);
  return further_.has_value();
}

void StopRequest::OnHangUp(std::function<void()> hang_up) {
  const MutexLock lock(calling_);
  hang_up_ = std::move(hang_up);
}

void StopRequest::Listen() {
  const sigset_t set = Signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    {
      const MutexLock lock(mutex_);
      if (over_) return;
    }
    if (signal == SIGHUP) {
      const MutexLock lock(calling_);
      if (hang_up_) hang_up_();
    } else {
      Take(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
  }
}

void StopRequest::Take(const std::string& signal) {
  bool first = false;
  bool second = false;
  {
    const MutexLock lock(mutex_);
    second = std::exchange(signalled_, true);
    first = !reason_;
    if (first) {
      reason_ = Reason{.signal = signal};
      asked_.NotifyAll();
    }
  }
  if (first) Tell();
  if (!second) return;  // the first changes nothing in a drain that the service began itself
  const MutexLock lock(calling_);
  if (!further_) further_ = signal;
  if (const auto hurry = std::exchange(hurry_, nullptr)) hurry(signal);
}

void StopRequest::Tell() {
  const MutexLock lock(calling_);
  if (const auto tell = std::exchange(tell_, nullptr)) tell();
}

}  // namespace doclayout
