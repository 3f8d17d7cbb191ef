#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "http/analyze/scheduled_pages.h"
#include "http/handlers/reload_handler.h"
#include "metrics/registry.h"
#include "served_model.h"

namespace doclayout {

/// `pp_doclayout_model_info`: 1 for the model that is served, 0 for those that were. Thread-safe.
class ModelInfoMetric {
 public:
  /// The registry must outlive it; one for each.
  explicit ModelInfoMetric(metrics::Registry& registry) : registry_(registry) {}

  void Set(const http::ModelIdentity& model);

 private:
  metrics::Registry& registry_;
  Mutex mutex_;
  std::map<std::vector<std::string>, metrics::Gauge*> gauges_ GUARDED_BY(mutex_);
};

/// Exchanges the model that is served for one that is loaded beside it, on a thread of its own.
///
/// Thread-safe. Requests that come while one is being loaded are served together by the next: each gets a model that
/// was read after it had asked.
class ModelReloader {
 public:
  using Pages = http::ScheduledPages<ServedModel>;
  using Load = std::function<Result<std::shared_ptr<ServedModel>>()>;
  using Done = std::function<void(Result<http::ModelIdentity>)>;

  /// A model is served from now on, in the place of another.
  using OnExchanged = std::function<void(const ServedModel&)>;

  /// `load` loads and warms a model, and uses nothing that ends with this object's user. All else must outlive it.
  ModelReloader(Load load, Pages& pages, OnExchanged on_exchanged, metrics::Registry& registry, Logger& logger);

  /// As `Stop`.
  ~ModelReloader();

  ModelReloader(const ModelReloader&) = delete;
  ModelReloader& operator=(const ModelReloader&) = delete;

  /// Returns at once; `done` is called with the new model, or with why the old one is served on. It must not block.
  void Reload(Done done);

  /// Whoever waits is told `kDraining`. A model that is being loaded is left to its thread, which nobody waits for:
  /// false, and the process must end without taking down what that thread uses.
  bool Stop();

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

/// Loads the model that the options name and infers a page with each of its sessions. Blocks.
Result<std::shared_ptr<ServedModel>> LoadAndWarm(const config::InferenceConfig& config, const EngineWishes& wishes,
                                                 const std::string& golden_file);

}  // namespace doclayout
