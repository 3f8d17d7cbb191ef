#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "client_setup.h"
#include "commands.h"
#include "config/config.h"
#include "drift_watcher.h"
#include "gpu_watcher.h"
#include "health/deep_health.h"
#include "health/readiness.h"
#include "http/analyze/late_pages.h"
#include "http/server.h"
#include "last_resort.h"
#include "memory_watcher.h"
#include "metrics/registry.h"
#include "model_reloader.h"
#include "pulse_watcher.h"
#include "service_health.h"
#include "service_options.h"
#include "stop_request.h"
#include "tracing/span_exporter.h"

namespace doclayout {

/// What `doclayout serve` serves with: all parts of it, and the order in which they come and go. First the port, so
/// that probes are answered from the beginning; then the model, a first page, and readiness; at the end the drain.
///
/// Used by one thread.
class Service {
 public:
  /// All must outlive it.
  struct Context {
    const config::ServeConfig& config;
    const ClientSetup& clients;
    tracing::SpanExporter* spans;  ///< null: none are exported
    StopRequest& stop;
    const Clock& clock;
    Logger& logger;
    metrics::Registry& registry;
  };

  explicit Service(const Context& context);
  ~Service();

  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the port. `kBadParameter` when it cannot be had.
  Result<void> Listen();

  /// Whether there is a model that is warm; false: the service is to stop before.
  enum class Loaded { kWarm, kStopped };

  /// Loads the model and infers a first page. Blocks for as long as that takes. As `LoadModel` when it cannot be
  /// loaded.
  Result<Loaded> Load();

  struct Ending {
    ExitCode code = kExitGood;
    bool clean = true;  ///< false: a thread is left that uses what the normal end of a process takes down
    Duration time_to_flush{0};
  };

  /// Serves until it is to stop, then answers what was accepted. From the end of that on `last_resort` ends the process
  /// should anything hang.
  Ending Run(Loaded loaded, LastResort& last_resort);

 private:
  void AddMetrics();
  http::Server::Dependencies MakeDependencies();
  void Serve(std::shared_ptr<ServedModel> model);
  void Use(const ServedModel& model);
  bool WarmUp();
  std::vector<health::Check> OtherChecks(health::DeepHealth::Dependencies::Look look);
  void Reload(ModelReloader::Done done);
  std::size_t Drain(const StopRequest::Reason& reason);

  const Context context_;
  const TimePoint start_;
  // In the order of use: what comes later refers to what comes before, and goes first.
  health::Readiness readiness_;
  MemoryWatcher memory_;
  DriftWatcher drift_;
  GpuWatcher gpu_;
  ModelInfoMetric model_info_;
  std::optional<Pages> pages_;  // once there is a model
  http::LatePages late_pages_;
  std::unique_ptr<health::DeepHealth> deep_health_;
  std::atomic<const PulseWatcher*> pulse_view_{nullptr};  // once there is a server
  ServiceHealth health_;
  std::unique_ptr<http::Server> server_;
  std::optional<PulseWatcher> pulse_;
  std::optional<ModelReloader> reloader_;  // as `pages_`; used behind `model_loaded` only
};

}  // namespace doclayout
