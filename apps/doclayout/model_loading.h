#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "health/readiness.h"
#include "model_setup.h"
#include "served_model.h"
#include "stop_request.h"

namespace doclayout {

/// What loads a model for a service.
struct ModelLoading {
  const config::InferenceConfig& config;
  EngineWishes wishes;
  std::string golden_file;                      ///< as for `LoadGolden`
  std::function<void(health::Phase)> on_phase;  ///< on the calling thread
};

/// Loads the model to serve, on a thread of its own, and blocks until it is there, or cannot be. Nullopt when the
/// service is to stop before: that thread is left to itself, and the process must end without taking down what it uses.
std::optional<Result<std::shared_ptr<ServedModel>>> LoadUnlessStopped(const ModelLoading& loading, StopRequest& stop);

}  // namespace doclayout
