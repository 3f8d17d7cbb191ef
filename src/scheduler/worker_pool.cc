#include "scheduler/worker_pool.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/cpu.h"

namespace doclayout::scheduler {
namespace {

/// Weight of the newest task in the moving average: a change of load shows after some ten tasks.
constexpr double kNewest = 0.1;

}  // namespace

WorkerPool::WorkerPool(Options options, const Clock& clock) : options_(options), clock_(clock) {
  if (options_.slots < 1) std::abort();
  threads_.reserve(static_cast<std::size_t>(options_.slots));
  for (int slot = 0; slot < options_.slots; ++slot) {
    threads_.emplace_back([this, slot] { Work(slot); });
  }
}

WorkerPool::~WorkerPool() {
  Close();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> WorkerPool::TrySubmit(Task task) {
  {
    const MutexLock lock(mutex_);
    if (closed_) return Fail(ErrorCode::kDraining, "the service is shutting down");
    if (waiting_.size() >= options_.capacity) return Fail(ErrorCode::kOverloaded, "the queue is full");
    waiting_.push_back({std::move(task), clock_.Now()});
  }
  ready_.NotifyOne();
  return {};
}

void WorkerPool::Close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  ready_.NotifyAll();
}

std::size_t WorkerPool::Queued() const {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

int WorkerPool::Busy() const {
  const MutexLock lock(mutex_);
  return busy_;
}

int WorkerPool::RetryAfterSeconds() const {
  const MutexLock lock(mutex_);
  const double half_queue = static_cast<double>(waiting_.size()) / 2 + 1;
  const double seconds = std::ceil(half_queue * mean_task_seconds_ / options_.slots);
  return static_cast<int>(std::clamp(seconds, 1.0, 60.0));
}

void WorkerPool::Work(int slot) {
  NameThread("worker-" + std::to_string(slot));
  LowerThreadPriority(options_.niceness);
  for (;;) {
    Waiting next;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !closed_) ready_.Wait(mutex_);
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      ++busy_;
    }
    const TimePoint start = clock_.Now();
    next.task(slot, start - next.since);
    next.task = nullptr;  // What the task holds is freed before the slot counts as idle.
    const double seconds = Milliseconds(clock_.Now() - start) / 1e3;
    const MutexLock lock(mutex_);
    --busy_;
    mean_task_seconds_ = mean_task_seconds_ == 0 ? seconds : (1 - kNewest) * mean_task_seconds_ + kNewest * seconds;
  }
}

}  // namespace doclayout::scheduler
