#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "health/health.h"
#include "http/limits.h"
#include "metrics/registry.h"

namespace doclayout::http {

/// Serves `/metrics` and `/health` (`/livez`) of a program that has nothing else to serve. Requests pass the same
/// parser, limits and timeouts as those of the service, on one I/O thread of its own, and are logged alike.
///
/// Thread-safe but for the destructor, which belongs to the owner.
class MetricsServer {
 public:
  struct Options {
    std::string host = "0.0.0.0";
    int port = 0;  ///< 0: any that is free
    Limits limits = SmallLimits();
  };

  /// All must outlive the server. `health` is called on the I/O thread and must not block.
  struct Dependencies {
    metrics::Registry& registry;
    std::function<health::Report()> health;
    Logger& logger;
    const Clock& clock;
  };

  /// Of a server that a scraper and a kubelet call: few connections, no bodies.
  static Limits SmallLimits();

  /// Binds, listens and serves from now on. Adds the series of connections: one server a registry. Blocks for a name's
  /// resolution. `kBadParameter` when that address cannot be listened on.
  static Result<std::unique_ptr<MetricsServer>> Listen(const Options& options, Dependencies dependencies);

  /// Cuts off what is under way. Blocks for milliseconds.
  virtual ~MetricsServer() = default;

  virtual int port() const = 0;
};

}  // namespace doclayout::http
