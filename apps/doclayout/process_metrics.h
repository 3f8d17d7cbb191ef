#pragma once

#include "base/log.h"
#include "metrics/registry.h"

namespace doclayout {

/// Adds what Prometheus' conventions have every program tell of itself (`process_…`). Once for each registry. They are
/// asked for when the metrics are read: a few small files of /proc, which do not block.
void AddProcessMetrics(metrics::Registry& registry);

/// What the log lost. The logger must outlive the registry's use.
void AddLogMetrics(metrics::Registry& registry, const Logger& logger);

/// What became of the log's file: zeros where there is none. The logger must outlive the registry's use.
void AddLogFileMetrics(metrics::Registry& registry, const Logger& logger);

}  // namespace doclayout
