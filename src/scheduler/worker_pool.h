#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace doclayout::scheduler {

/// Threads that take tasks from one bounded first-in-first-out queue. Thread `slot` is the only one that runs tasks
/// with that number, so a task may use what belongs to its slot without a lock.
///
/// Thread-safe. Submitting never blocks: a full queue refuses at once. Tasks that were accepted are run, also after
/// `Close`. Tasks must not throw and must not destroy the pool.
class WorkerPool {
 public:
  /// What is run: the slot's number from 0 and how long the task waited in the queue.
  using Task = std::function<void(int slot, Duration queued)>;

  struct Options {
    int slots = 1;              ///< threads, at least 1
    std::size_t capacity = 64;  ///< tasks that wait; those that run are not counted
    int niceness = 0;  ///< added to each thread's nice value (0..19), so that I/O comes first on a busy machine
  };

  WorkerPool(Options options, const Clock& clock);

  /// Closes, runs what was accepted, joins.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// `kOverloaded` when the queue is full, `kDraining` once closed.
  Result<void> TrySubmit(Task task);

  /// Accepts nothing more. What was accepted still runs.
  void Close();

  std::size_t Queued() const;
  int Busy() const;
  int slots() const { return options_.slots; }
  std::size_t capacity() const { return options_.capacity; }

  /// When the queue is full: seconds until it has probably shrunk to half, from the measured time of a task; 1..60.
  int RetryAfterSeconds() const;

 private:
  struct Waiting {
    Task task;
    TimePoint since;
  };

  void Work(int slot);

  const Options options_;
  const Clock& clock_;

  mutable Mutex mutex_;
  CondVar ready_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  int busy_ GUARDED_BY(mutex_) = 0;
  double mean_task_seconds_ GUARDED_BY(mutex_) = 0;  ///< moving average; 0 until one has run

  std::vector<std::thread> threads_;
};

}  // namespace doclayout::scheduler
