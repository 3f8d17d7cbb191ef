#include "scheduler/task_pool.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "base/cpu.h"

namespace doclayout::scheduler {

TaskPool::TaskPool(Options options) : options_(options) {
  if (options_.threads < 2) std::abort();
  threads_.reserve(static_cast<std::size_t>(options_.threads));
  for (int number = 0; number < options_.threads; ++number) {
    threads_.emplace_back([this, number] { Work(number); });
  }
}

TaskPool::~TaskPool() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void TaskPool::Post(Kind kind, Task task) {
  {
    const MutexLock lock(mutex_);
    (kind == Kind::kEnds ? ends_ : beginnings_).push_back(std::move(task));
  }
  changed_.NotifyOne();
}

std::size_t TaskPool::waiting() const {
  const MutexLock lock(mutex_);
  return beginnings_.size() + ends_.size();
}

bool TaskPool::Take(Task& task, Kind& kind) {
  const bool may_begin = !beginnings_.empty() && beginning_ < options_.threads - 1;
  if (ends_.empty() && !may_begin) return false;
  kind = ends_.empty() ? Kind::kBegins : Kind::kEnds;
  std::deque<Task>& from = kind == Kind::kEnds ? ends_ : beginnings_;
  task = std::move(from.front());
  from.pop_front();
  ++running_;
  if (kind == Kind::kBegins) ++beginning_;
  return true;
}

void TaskPool::Work(int number) {
  NameThread("worker-" + std::to_string(number));
  LowerThreadPriority(options_.niceness);
  for (;;) {
    Task task;
    Kind kind = Kind::kBegins;
    {
      const MutexLock lock(mutex_);
      while (!Take(task, kind)) {
        // A task that runs may post another one: the last of them wakes those who wait for the end.
        if (closed_ && running_ == 0 && beginnings_.empty()) return;
        changed_.Wait(mutex_);
      }
    }
    task();
    task = nullptr;  // What the task holds is freed before it counts as done.
    {
      const MutexLock lock(mutex_);
      --running_;
      if (kind == Kind::kBegins) --beginning_;
    }
    // A beginning that could not be taken may be taken now, by another thread if this one gets an end.
    changed_.NotifyAll();
  }
}

}  // namespace doclayout::scheduler
