#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "http/analyze/answer_cache.h"
#include "http/problem.h"
#include "http/request_head.h"
#include "http/response.h"
#include "http/server_metrics.h"
#include "metrics/exemplar.h"
#include "scheduler/policy.h"

// What the end of a document's analysis means: to its caller, and to the metrics. All of it is thread-safe.

namespace doclayout::http {

/// What came of a document that was admitted.
enum class DocumentOutcome { kOk, kFailed, kExpired, kCancelled };

/// Why a request is not taken, as its caller is told.
Problem ProblemOf(const scheduler::Refusal& refusal);

/// It is not taken because there is no model that is warm yet.
Problem NotLoadedYet();

/// Why it failed, as its caller is told. What is our fault goes to the log, under `request_id`.
Problem ProblemOf(Error error, std::string_view request_id, Logger& logger);

/// The times for formats that have no place for them, and for browsers' tools: https://www.w3.org/TR/server-timing/.
Header ServerTiming(const AnalyzeTimings& timings);

/// What one of its pages needed outside the slots.
Duration OverheadOf(const AnalyzeTimings& timings, std::size_t pages);

/// Whether it was analysed, and not served by what was found for another request; nullopt: there is no cache.
inline bool WasAnalysed(std::optional<CacheUse> use) {
  return !use || use == CacheUse::kMiss;
}

/// The times of the stages up to the answer are those of documents that were analysed; `exemplar` is theirs.
void CountDocument(ServerMetrics& metrics, DocumentOutcome outcome, const AnalyzeTimings& timings,
                   std::optional<CacheUse> cache_use, const metrics::Exemplar& exemplar);

}  // namespace doclayout::http
