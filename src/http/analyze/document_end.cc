#include "http/analyze/document_end.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace doclayout::http {

namespace {

/// A model loads in about a second; a caller who waits longer loses little.
constexpr int kNotReadyRetrySeconds = 2;

}  // namespace

Problem NotLoadedYet() {
  Problem problem(ProblemTypeOf(ErrorCode::kNotReady), "the model is not loaded yet; try again in a moment",
                  Rejection::kNotReady);
  problem.retry_after_seconds = kNotReadyRetrySeconds;
  return problem;
}

Problem ProblemOf(const scheduler::Refusal& refusal) {
  using scheduler::RefusalReason;
  ErrorCode code = ErrorCode::kOverloaded;
  Rejection rejection = Rejection::kQueueFull;
  switch (refusal.reason) {
    case RefusalReason::kQueueFull:
      break;
    case RefusalReason::kTooLate:
      rejection = Rejection::kTooLate;
      break;
    case RefusalReason::kEngine:
      code = ErrorCode::kNotReady;
      rejection = Rejection::kEngine;
      break;
    case RefusalReason::kDraining:
      code = ErrorCode::kDraining;
      rejection = Rejection::kDraining;
      break;
  }
  Problem problem(ProblemTypeOf(code), refusal.message, rejection);
  problem.retry_after_seconds = refusal.retry_after_seconds;
  return problem;
}

Problem ProblemOf(Error error, std::string_view request_id, Logger& logger) {
  const ErrorCode code = error.code;
  if (code == ErrorCode::kInternal || code == ErrorCode::kBadModel) {
    // Our fault: the reason is for us, and may tell more of this machine than a stranger should know.
    logger.Write(LogLevel::kError, "analysis_failed", {{"id", request_id}, {"reason", error.message}});
    error.message = "the analysis failed; the service's log has the reason under this request's id";
  }
  Problem problem(std::move(error));
  if (code == ErrorCode::kTooLarge) problem.rejection = Rejection::kDocumentTooLarge;
  if (code == ErrorCode::kDraining) problem.rejection = Rejection::kDraining;
  if (code == ErrorCode::kOverloaded || code == ErrorCode::kDraining) problem.retry_after_seconds = 1;
  return problem;
}

Header ServerTiming(const AnalyzeTimings& timings) {
  const StageTimings& stages = timings.stages;
  return {"Server-Timing",
          fmt::format("queue;dur={:.1f}, decode;dur={:.1f}, preprocess;dur={:.1f}, inference;dur={:.1f}, "
                      "postprocess;dur={:.1f}, render;dur={:.1f}, total;dur={:.1f}",
                      stages.queue, stages.decode, stages.preprocess, stages.inference, stages.postprocess,
                      timings.render, stages.total)};
}

Duration OverheadOf(const AnalyzeTimings& timings, std::size_t pages) {
  const StageTimings& stages = timings.stages;
  const double all = stages.decode + stages.preprocess + stages.postprocess + timings.render;
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(all / static_cast<double>(pages)));
}

void CountDocument(ServerMetrics& metrics, DocumentOutcome outcome, const AnalyzeTimings& timings,
                   std::optional<CacheUse> cache_use, const metrics::Exemplar& exemplar) {
  switch (outcome) {
    case DocumentOutcome::kFailed:
      return metrics.documents_failed.Increment();
    case DocumentOutcome::kExpired:
      return metrics.documents_expired.Increment();
    case DocumentOutcome::kCancelled:
      return metrics.documents_cancelled.Increment();
    case DocumentOutcome::kOk:
      break;
  }
  metrics.documents_ok.Increment();
  metrics.render_duration.Observe(timings.render / 1e3, exemplar);
  if (cache_use == CacheUse::kHit) metrics.cache_hits.Increment();
  if (cache_use == CacheUse::kShared) metrics.cache_shared.Increment();
  if (cache_use == CacheUse::kMiss) metrics.cache_misses.Increment();
  if (!WasAnalysed(cache_use)) return;
  metrics.decode_duration.Observe(timings.stages.decode / 1e3, exemplar);
  metrics.preprocess_duration.Observe(timings.stages.preprocess / 1e3, exemplar);
  metrics.inference_duration.Observe(timings.stages.inference / 1e3, exemplar);
  metrics.postprocess_duration.Observe(timings.stages.postprocess / 1e3, exemplar);
}

}  // namespace doclayout::http
