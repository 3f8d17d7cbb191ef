#include "signal_cleanup.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace doclayout {
namespace {

/// Wakes the waiting thread when there is nothing more to wait for.
constexpr int kWake = SIGUSR1;

bool IsIgnored(int signal) {
  struct sigaction action{};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SignalCleanup::SignalCleanup(std::function<void()> clean_up) : clean_up_(std::move(clean_up)) {
  sigemptyset(&signals_);
  sigaddset(&signals_, kWake);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // One that is blocked and ignored would be waited for all the same.
    if (!IsIgnored(signal)) sigaddset(&signals_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, &mask_before_);
  thread_ = std::thread([this] { Wait(); });
}

SignalCleanup::~SignalCleanup() {
  over_ = true;
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void SignalCleanup::Wait() {
  int signal = 0;
  do {
    if (sigwait(&signals_, &signal) != 0 || over_) return;
  } while (signal == kWake);
  clean_up_();
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  kill(getpid(), signal);
}

}  // namespace doclayout
