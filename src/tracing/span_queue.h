#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "tracing/span.h"

namespace doclayout::tracing {

/// Spans that wait to be sent, and when how many of them go.
///
/// Thread-safe. Bounded, and never blocks who adds. Spans that were added together are taken together or not at all, so
/// that no trace loses single spans here.
class SpanQueue {
 public:
  /// Numbers of spans. The defaults are OpenTelemetry's for its batch span processor.
  struct Options {
    std::size_t capacity = 2048;
    std::size_t batch = 512;                          ///< one export has as many, unless a single group has more
    Duration longest_wait = std::chrono::seconds(5);  ///< of a span, for others that go with it
  };

  /// The clock must outlive the queue.
  SpanQueue(Options options, const Clock& clock) : options_(options), clock_(clock) {}

  /// False, and nothing added, when there is no room for all, or the queue is closed.
  bool TryPush(std::vector<Span> group) EXCLUDES(mutex_);

  /// Blocks until a batch is due. Empty when the queue is closed and empty: then for ever.
  std::vector<Span> Take() EXCLUDES(mutex_);

  /// A batch that is due now. Empty when none is.
  std::vector<Span> TakeIfDue() EXCLUDES(mutex_);

  /// Nothing is added any more, and all that waits is due.
  void Close() EXCLUDES(mutex_);

  /// Blocks for `time`, or until the queue is closed: then true.
  bool WaitForClose(Duration time) EXCLUDES(mutex_);

 private:
  struct Group {
    std::vector<Span> spans;
    TimePoint added;
  };

  /// How long until a batch is due; nothing while nothing waits.
  std::optional<Duration> UntilDue() const REQUIRES(mutex_);
  std::vector<Group> TakeGroups() REQUIRES(mutex_);

  const Options options_;
  const Clock& clock_;

  CondVar changed_;

  Mutex mutex_;
  std::deque<Group> groups_ GUARDED_BY(mutex_);
  std::size_t size_ GUARDED_BY(mutex_) = 0;  ///< spans of all groups
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace doclayout::tracing
