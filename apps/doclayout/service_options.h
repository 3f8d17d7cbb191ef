#pragma once

#include <cstdint>
#include <functional>

#include "base/log.h"
#include "config/config.h"
#include "health/deep_health.h"
#include "health/memory.h"
#include "http/analyze/scheduled_pages.h"
#include "http/server.h"
#include "served_model.h"

// What the configuration of a service means to its parts. Without state; any thread.

namespace doclayout {

using Pages = http::ScheduledPages<ServedModel>;

/// Of workers and the threads that infer, beside 0 of the I/O thread: health answers while every core infers.
constexpr int kWorkerNiceness = 10;

http::Server::Options ServerOptions(const config::ServeConfig& config);

/// A connection that has no descriptor waits in the kernel without an answer, probes too: lowers the limit of
/// connections to what the process may open, and says so.
void FitConnections(http::Limits& limits, Logger& logger);

/// For as many slots and pages at once as the model has. `inference_latency` is told of pages whose request has left.
Pages::Options PagesOptions(const config::SchedulingConfig& config, const ServedModel& model,
                            std::function<void(int slot, bool replaced)> on_stuck,
                            metrics::Histogram& inference_latency);

health::DeepHealth::Options DeepHealthOptions(const config::HealthConfig& config);

/// With the container's limit, where there is one.
health::MemoryWatch::Options MemoryOptions(const config::SchedulingConfig& config);

}  // namespace doclayout
