#include "last_resort.h"

#include <cstdlib>

#include "base/cpu.h"

namespace doclayout {

LastResort::~LastResort() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
    disarmed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void LastResort::Arm(int code, Duration time) {
  thread_ = std::thread([this, code, time] {
    NameThread("last-resort");
    const SteadyClock clock;
    const TimePoint end = clock.Now() + time;
    const MutexLock lock(mutex_);
    while (!over_ && clock.Now() < end) disarmed_.WaitFor(mutex_, end - clock.Now());
    if (!over_) std::_Exit(code);
  });
}

}  // namespace doclayout
