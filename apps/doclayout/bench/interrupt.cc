#include "bench/interrupt.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <initializer_list>

namespace doclayout::bench {
namespace {

sigset_t SignalsToWatch() {
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action{};
    const bool ignored = sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    if (!ignored) sigaddset(&signals, signal);
  }
  return signals;
}

/// Returns the mask as it was.
sigset_t BlockSignals(const sigset_t& signals) {
  sigset_t before{};
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  return before;
}

}  // namespace

Interrupt::Interrupt()
    : signals_(SignalsToWatch()),
      mask_before_(BlockSignals(signals_)),
      descriptor_(signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC)) {
  if (descriptor_ < 0) pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

Interrupt::~Interrupt() {
  if (descriptor_ >= 0) close(descriptor_);
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

bool Interrupt::Came() {
  if (came_ || descriptor_ < 0) return came_;
  signalfd_siginfo info{};
  came_ = read(descriptor_, &info, sizeof info) == sizeof info;
  if (came_) pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  return came_;
}

}  // namespace doclayout::bench
