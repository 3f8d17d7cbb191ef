#pragma once

#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "http/problem.h"
#include "http/request_head.h"
#include "http/response.h"
#include "http/server_metrics.h"
#include "scheduler/policy.h"

// What the end of a document's analysis means: to its caller, and to the metrics. All of it is thread-safe.

namespace doclayout::http {

/// What came of a document that was admitted.
enum class DocumentOutcome { kOk, kFailed, kExpired, kCancelled };

/// Why a request is not taken, as its caller is told.
Problem ProblemOf(const scheduler::Refusal& refusal);

/// Why it failed, as its caller is told. What is our fault goes to the log, under `request_id`.
Problem ProblemOf(Error error, std::string_view request_id, Logger& logger);

/// The times for formats that have no place for them, and for browsers' tools: https://www.w3.org/TR/server-timing/.
Header ServerTiming(const AnalyzeTimings& timings);

void CountDocument(ServerMetrics& metrics, DocumentOutcome outcome, const AnalyzeTimings& timings);

}  // namespace doclayout::http
