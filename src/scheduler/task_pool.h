#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace doclayout::scheduler {

/// Threads for what is done with a page beside inferring it: reading before, post-processing after.
///
/// What ends work goes before what begins some, and one thread is kept free of beginnings: a page that the model is
/// done with does not wait behind a large image that is being decoded.
///
/// Thread-safe. Posting never blocks and is never refused: what may be posted is bounded by what was admitted. Tasks
/// must not throw and must not destroy the pool; they may post.
class TaskPool {
 public:
  enum class Kind { kBegins, kEnds };
  using Task = std::function<void()>;

  struct Options {
    int threads = 2;   ///< at least 2
    int niceness = 0;  ///< added to each thread's nice value (0..19)
  };

  explicit TaskPool(Options options);

  /// Runs what was posted, also by those tasks, and joins.
  ~TaskPool();

  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  void Post(Kind kind, Task task);

  /// Tasks that wait.
  std::size_t waiting() const;

 private:
  void Work(int number);
  bool Take(Task& task, Kind& kind) REQUIRES(mutex_);

  const Options options_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Task> beginnings_ GUARDED_BY(mutex_);
  std::deque<Task> ends_ GUARDED_BY(mutex_);
  int running_ GUARDED_BY(mutex_) = 0;
  int beginning_ GUARDED_BY(mutex_) = 0;  ///< of those that run
  bool closed_ GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace doclayout::scheduler
