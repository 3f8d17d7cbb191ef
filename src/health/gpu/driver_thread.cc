#include "health/gpu/driver_thread.h"

#include <pthread.h>

#include <csignal>

#include "base/cpu.h"

namespace doclayout::health {

void BecomeDriverThread(const std::string& name) {
  NameThread(name);
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace doclayout::health
