#include "tracing/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace doclayout::tracing {

bool SpanQueue::TryPush(std::vector<Span> group) {
  if (group.empty()) return true;
  const TimePoint now = clock_.Now();
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    if (closed_ || group.size() > options_.capacity - size_) return false;
    const bool was_due = size_ >= options_.batch;
    const bool was_empty = groups_.empty();
    size_ += group.size();
    groups_.push_back({std::move(group), now});
    wake = was_empty || (!was_due && size_ >= options_.batch);
  }
  if (wake) changed_.NotifyAll();
  return true;
}

std::optional<Duration> SpanQueue::UntilDue() const {
  if (groups_.empty()) return std::nullopt;
  if (closed_ || size_ >= options_.batch) return Duration::zero();
  return std::max(Duration::zero(), groups_.front().added + options_.longest_wait - clock_.Now());
}

std::vector<SpanQueue::Group> SpanQueue::TakeGroups() {
  std::vector<Group> taken;
  std::size_t spans = 0;
  while (!groups_.empty() && (taken.empty() || spans + groups_.front().spans.size() <= options_.batch)) {
    spans += groups_.front().spans.size();
    taken.push_back(std::move(groups_.front()));
    groups_.pop_front();
  }
  size_ -= spans;
  return taken;
}

std::vector<Span> SpanQueue::TakeIfDue() {
  std::vector<Group> groups;
  {
    const MutexLock lock(mutex_);
    if (UntilDue() != Duration::zero()) return {};
    groups = TakeGroups();
  }
  std::vector<Span> batch;
  for (Group& group : groups) std::move(group.spans.begin(), group.spans.end(), std::back_inserter(batch));
  return batch;
}

std::vector<Span> SpanQueue::Take() {
  while (true) {
    if (std::vector<Span> batch = TakeIfDue(); !batch.empty()) return batch;
    const MutexLock lock(mutex_);
    const std::optional<Duration> wait = UntilDue();
    if (!wait && closed_) return {};
    if (!wait) {
      changed_.Wait(mutex_);
    } else if (*wait > Duration::zero()) {
      changed_.WaitFor(mutex_, *wait);
    }
  }
}

void SpanQueue::Close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

bool SpanQueue::WaitForClose(Duration time) {
  const TimePoint end = clock_.Now() + time;
  const MutexLock lock(mutex_);
  while (!closed_) {
    const Duration left = end - clock_.Now();
    if (left <= Duration::zero()) return false;
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

}  // namespace doclayout::tracing
