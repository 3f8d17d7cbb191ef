#include "tracing/span_exporter.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <exception>
#include <utility>

#include "base/cpu.h"

namespace doclayout::tracing {
namespace {

metrics::Counter& AddDropped(metrics::Registry& registry, std::string reason) {
  return registry.AddCounter(
      "pp_doclayout_spans_dropped_total",
      "Spans that found no room (queue_full) or that the collector did not take (export_failed).",
      {{"reason", std::move(reason)}});
}

std::string Reason(const Answer& answer) {
  if (answer.status == 0) return answer.fault;
  constexpr std::size_t kExcerpt = 200;
  const std::string_view said = std::string_view(answer.body).substr(0, kExcerpt);
  return fmt::format("it answered {}{}{}", answer.status, said.empty() ? "" : ": ", said);
}

/// 0 to 1.
double Random() {
  return MakeSpanId().bytes.front() / 255.0;
}

}  // namespace

/// What the thread does. On that thread only.
class SpanExporter::Sender {
 public:
  Sender(SpanExporter& exporter, Resource resource, RetryOptions retry, Logger& logger)
      : exporter_(exporter), resource_(std::move(resource)), retry_(retry), logger_(logger) {}

  void Run() {
    while (true) {
      const std::vector<Span> batch = exporter_.queue_.Take();
      if (batch.empty()) break;
      try {
        Send(batch);
      } catch (const std::exception& exception) {  // no memory for the request, mostly
        CountLost(batch.size(), exception.what());
      }
    }
    if (lost_ > 0) Log(LogLevel::kWarning, "span_export_ended", {"lost", static_cast<long long>(lost_)});
  }

 private:
  void Send(std::span<const Span> batch) {
    const std::string body = ToOtlpJson(resource_, batch);
    for (int attempt = 1;; ++attempt) {
      const Answer answer = exporter_.collector_->Post(body);
      if (answer.good()) {
        CountSent(batch.size(), ReadPartialSuccess(answer.body));
        return;
      }
      const auto wait = last_attempt_ ? std::nullopt : WaitBeforeRetry(answer, attempt, Random(), retry_);
      if (!wait) {
        CountLost(batch.size(), Reason(answer));
        return;
      }
      last_attempt_ = exporter_.queue_.WaitForClose(*wait);
    }
  }

  void CountSent(std::size_t spans, const PartialSuccess& partial) {
    const std::uint64_t rejected = std::min<std::uint64_t>(partial.rejected_spans, spans);
    exporter_.exported_.Increment(spans - rejected);
    if (rejected > 0) CountLost(rejected, fmt::format("it rejected {} spans: {}", rejected, partial.message));
    const std::uint64_t refused = exporter_.dropped_queue_full_.Value();
    const std::uint64_t newly_refused = refused - std::exchange(refused_, refused);
    if (newly_refused > 0) NoteLost(newly_refused, "the queue is full");
    if (rejected == 0 && newly_refused == 0 && lost_ > 0) {
      Log(LogLevel::kInfo, "span_export_recovered", {"lost", static_cast<long long>(std::exchange(lost_, 0))});
    }
  }

  void CountLost(std::size_t spans, std::string_view reason) {
    exporter_.dropped_export_failed_.Increment(spans);
    NoteLost(spans, reason);
  }

  void NoteLost(std::uint64_t spans, std::string_view reason) {
    if (lost_ == 0) Log(LogLevel::kWarning, "span_export_failed", {"reason", reason});
    lost_ += spans;
  }

  void Log(LogLevel level, std::string_view event, LogField field) {
    logger_.Write(level, event, {{"collector", exporter_.collector_->name()}, field});
  }

  SpanExporter& exporter_;
  const Resource resource_;
  const RetryOptions retry_;
  Logger& logger_;

  bool last_attempt_ = false;  ///< the end has begun: nothing is waited for any more
  std::uint64_t lost_ = 0;     ///< since the last batch that got through whole
  std::uint64_t refused_ = 0;  ///< by the full queue, when last looked at
};

SpanExporter::SpanExporter(std::unique_ptr<Collector> collector, Resource resource, Options options,
                           Dependencies dependencies)
    : flush_timeout_(options.flush_timeout),
      exported_(
          dependencies.registry.AddCounter("pp_doclayout_spans_exported_total", "Spans that the collector took.")),
      dropped_queue_full_(AddDropped(dependencies.registry, "queue_full")),
      dropped_export_failed_(AddDropped(dependencies.registry, "export_failed")),
      collector_(std::move(collector)),
      queue_(options.queue, dependencies.clock) {
  std::promise<void> ended;
  ended_ = ended.get_future();
  Sender sender(*this, std::move(resource), options.retry, dependencies.logger);
  thread_ = std::thread([sender = std::move(sender), ended = std::move(ended), niceness = options.niceness]() mutable {
    NameThread("span-export");
    LowerThreadPriority(niceness);
    // TLS writes to a connection that is gone: an error, and not a signal. Signals are for the main thread.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    sender.Run();
    ended.set_value();
  });
}

SpanExporter::~SpanExporter() {
  queue_.Close();
  if (ended_.wait_for(flush_timeout_) == std::future_status::timeout) collector_->Abandon();
  thread_.join();
}

void SpanExporter::Export(std::vector<Span> spans) {
  const std::size_t count = spans.size();
  if (!queue_.TryPush(std::move(spans))) dropped_queue_full_.Increment(count);
}

}  // namespace doclayout::tracing
