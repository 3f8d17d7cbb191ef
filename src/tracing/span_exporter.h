#pragma once

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "metrics/registry.h"
#include "tracing/collector.h"
#include "tracing/otlp_json.h"
#include "tracing/retry.h"
#include "tracing/span.h"
#include "tracing/span_queue.h"

namespace doclayout::tracing {

/// Sends spans to a collector, on a thread of its own ("span-export").
///
/// Thread-safe. Never holds up who hands spans over: those that find no room are dropped, as are those that the
/// collector does not take. What became of every span is counted in `pp_doclayout_spans_exported_total` and
/// `pp_doclayout_spans_dropped_total{reason}`; the log says `span_export_failed` when spans begin to be lost and
/// `span_export_recovered` when a batch gets through whole again: a line a change, not a batch.
class SpanExporter {
 public:
  struct Options {
    SpanQueue::Options queue;
    RetryOptions retry;
    /// How long the end lets the collector take what waits, without pauses between attempts.
    Duration flush_timeout = std::chrono::seconds(2);
    int niceness = 5;  ///< of the thread, beside 0 of those that answer
  };

  /// What must outlive the exporter.
  struct Dependencies {
    metrics::Registry& registry;
    Logger& logger;
    const Clock& clock;
  };

  /// Starts the thread and adds the series, so that a registry serves one exporter. Throws std::system_error where
  /// there is no thread to be had.
  SpanExporter(std::unique_ptr<Collector> collector, Resource resource, Options options, Dependencies dependencies);

  /// Sends what waits and returns soon after `flush_timeout` at the latest; what is left then is lost, and said so.
  ~SpanExporter();

  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  /// The end takes no longer than this, nor than `flush_timeout`. By the owner.
  void LimitFlush(Duration time) { flush_timeout_ = std::min(flush_timeout_, time); }

  /// The spans of one trace, all or none. Never blocks; takes one lock.
  void Export(std::vector<Span> spans);

 private:
  class Sender;

  Duration flush_timeout_;
  metrics::Counter& exported_;
  metrics::Counter& dropped_queue_full_;
  metrics::Counter& dropped_export_failed_;

  const std::unique_ptr<Collector> collector_;
  SpanQueue queue_;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace doclayout::tracing
