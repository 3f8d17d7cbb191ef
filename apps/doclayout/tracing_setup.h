#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "tracing/span_exporter.h"

namespace doclayout {

/// What sends the spans of requests where the options say; null when they say nowhere, and then nothing is recorded.
/// Starts a thread, does not connect. `kBadParameter` for an address that cannot be used. What `dependencies` refer to
/// must outlive what is returned; once a registry.
Result<std::unique_ptr<tracing::SpanExporter>> StartTracing(const config::TracingConfig& config,
                                                            tracing::SpanExporter::Dependencies dependencies);

}  // namespace doclayout
