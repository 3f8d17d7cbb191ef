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
    wait_ = std::min(options_.open_for, options_.longest);
  }
  Open(now);
}

void Breaker::Used(bool usable, TimePoint now) {
  if (usable) {
    useless_in_a_row_ = 0;
    if (!open_) wait_ = Duration(0);  // one that was on its way when it opened says nothing of the next probe
    return;
  }
  if (options_.failures == 0 || ++useless_in_a_row_ < options_.failures || open_) return;
  // An inference before it has closed it, which is not the end: each next one that is of no use opens it for longer.
  wait_ = wait_ == Duration(0) ? options_.open_for : 2 * wait_;
  wait_ = std::min(wait_, options_.longest);
  Open(now);
}

void Breaker::Open(TimePoint now) {
  open_ = true;
  until_ = now + wait_;
}

}  // namespace doclayout::scheduler
