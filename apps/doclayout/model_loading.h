#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "config/config.h"
#include "model_setup.h"
#include "served_model.h"
#include "stop_request.h"

namespace doclayout {

/// Loads the model to serve, on a thread of its own, and blocks until it is there, or cannot be. Nullopt when the
/// service is to stop before: that thread is left to itself, and the process must end without taking down what it uses.
std::optional<Result<std::shared_ptr<ServedModel>>> LoadUnlessStopped(const config::InferenceConfig& config,
                                                                      const EngineWishes& wishes, StopRequest& stop);

}  // namespace doclayout
