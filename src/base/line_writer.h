#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"

namespace doclayout {

/// Where a LineWriter's lines go: what is one descriptor for all of them, or another one from time to time. Used by the
/// writing thread alone.
class LineTarget {
 public:
  virtual ~LineTarget() = default;

  /// The descriptor for the next bytes, which begin a line and end one. Negative: there is none, and errno says why.
  virtual int DescriptorFor(std::size_t bytes) = 0;
};

/// Writes lines to a descriptor on a thread of its own ("log-writer"), so that whoever reads it, or no longer does,
/// holds up nobody else.
///
/// Thread-safe. Lines of one caller keep their order and each is written whole; where the descriptor is a pipe and the
/// line is no longer than PIPE_BUF, in one piece. A line is dropped when those that wait fill the queue, when the
/// descriptor refuses it (no reader, no space left), or when the end leaves no time for it. What was dropped is
/// counted, and said by a line of its own as soon as lines get through again. SIGPIPE is not raised.
class LineWriter {
 public:
  struct Options {
    /// Bytes that wait; what is being written may hold as much again.
    std::size_t capacity = std::size_t{2} << 20;
    /// How long the destructor lets the descriptor take what waits.
    Duration flush_timeout = std::chrono::seconds(1);
    /// The line, with its line feed, that says how many were dropped since the last such line. On the writing thread.
    std::string (*dropped_notice)(std::uint64_t count) = nullptr;
    /// Told the errno when lines are refused, but for those that follow until lines get through again; then that they
    /// do, and how many were dropped since the last notice. On the writing thread. They may be empty.
    std::function<void(int error)> on_refused;
    std::function<void(std::uint64_t dropped)> on_recovered;
  };

  /// Starts the thread. The descriptor is used as it is (blocking or not), stays the caller's and must outlive the
  /// writer; one that may hang inside write(), such as a terminal, the process. Throws std::system_error where there is
  /// no thread or descriptor to be had.
  LineWriter(int descriptor, Options options);

  /// As above, to whatever descriptors `target` names.
  LineWriter(std::shared_ptr<LineTarget> target, Options options);

  /// Returns soon after `flush_timeout` at the latest, whatever the descriptor does.
  ~LineWriter();

  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// `line` ends in its only line feed. Never blocks; takes one lock.
  void Write(std::string_view line);

  /// Lines dropped so far.
  std::uint64_t dropped() const;

 private:
  class Queue;
  class Consumer;

  const Duration flush_timeout_;
  const std::shared_ptr<Queue> queue_;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace doclayout
