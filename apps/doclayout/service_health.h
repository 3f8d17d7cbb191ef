#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "health/health.h"
#include "health/memory.h"
#include "health/readiness.h"
#include "http/server.h"
#include "metrics/registry.h"

namespace doclayout {

/// The reports of the layers of health, put together from what others measure. Thread-safe as its sources are; nothing
/// in it blocks.
class ServiceHealth {
 public:
  /// Each is called for every report, on the I/O thread and others, and must be callable for this object's life.
  struct Sources {
    const health::Readiness& readiness;
    std::function<health::Slots()> slots;
    std::function<health::MemoryState()> memory;
    std::function<std::uint64_t()> memory_limit_bytes;
    health::HeadRoom head_room;
    std::function<std::vector<health::Check>()> pulse;          ///< that threads turn
    std::function<std::vector<health::Check>()> gpu_liveness;   ///< `gpu_available`
    std::function<std::vector<health::Check>()> gpu_readiness;  ///< `gpu_memory`
    std::function<health::Check()> deep_verdict;                ///< empty: readiness does not depend on it
  };

  explicit ServiceHealth(Sources sources) : sources_(std::move(sources)) {}

  health::Report Liveness() const;
  health::Report Readiness() const;
  health::Report Startup() const;

  /// These three, for the server.
  http::Server::Reports Reports() const;

 private:
  const Sources sources_;
};

/// `pp_doclayout_health{layer,check}` of every check that the report has now, asked for when the metrics are read.
void AddHealthMetrics(metrics::Registry& registry, std::string_view layer, std::function<health::Report()> report);

}  // namespace doclayout
