#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/log.h"

namespace boost::asio {
class io_context;  // declared, so that this header costs nothing
}

namespace doclayout::http {

/// The one I/O thread: reads and writes sockets, runs middlewares and the handlers' first halves, and nothing that
/// takes longer than microseconds.
///
/// The logger must outlive it. An exception that reaches the thread's bottom is logged, and the thread goes on.
class EventLoop {
 public:
  /// Starts the thread.
  explicit EventLoop(Logger& logger);

  /// Stops the thread where it is and joins it.
  ~EventLoop();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs `function` on the I/O thread, later. Any thread; never blocks.
  void Post(std::function<void()> function);

  /// Runs it on the I/O thread after `delay`, unless the loop has ended by then. Any thread; never blocks.
  void PostAfter(Duration delay, std::function<void()> function);

  /// When the thread last went round, which it does twice a second at least unless something holds it up. Any thread;
  /// lock-free.
  TimePoint last_turn() const { return TimePoint(Duration(last_turn_.load())); }

  /// The kernel's number of the thread; 0 until it runs.
  int thread_id() const { return thread_id_.load(); }

  /// For the module's own .cc files. Shared, because a worker may hold a way to answer for longer than the loop lives.
  const std::shared_ptr<boost::asio::io_context>& context() const { return context_; }

 private:
  void Run();
  void Turn();

  Logger& logger_;
  std::atomic<Duration::rep> last_turn_;
  std::atomic<int> thread_id_{0};
  const std::shared_ptr<boost::asio::io_context> context_;
  std::thread thread_;
};

}  // namespace doclayout::http
