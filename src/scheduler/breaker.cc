#include "scheduler/breaker.h"

#include <algorithm>

namespace doclayout::scheduler {

void Breaker::Succeeded() {
  in_a_row_ = 0;
  open_ = false;
}

void Breaker::Failed(TimePoint now) {
  if (options_.failures == 0) return;
  if (open_) {
    if (now < until_) return;  // One that was on its way when it opened: no probe.
    wait_ = std::min(2 * wait_, options_.longest);
  } else {
    if (++in_a_row_ < options_.failures) return;
    open_ = true;
    wait_ = std::min(options_.open_for, options_.longest);
  }
  until_ = now + wait_;
}

}  // namespace doclayout::scheduler
