#pragma once

#include <vector>

#include "http/handler.h"
#include "http/router.h"

namespace doclayout::http {

/// What answers, by its task. All must outlive the routes.
struct Handlers {
  Handler& analyze;
  Handler& liveness;
  Handler& readiness;
  Handler& startup;
  Handler& metrics;
  Handler& version;
  Handler* deep_health = nullptr;  ///< null: there is no such path
  Handler* reload = nullptr;       ///< likewise
};

/// The list of everything that the server answers.
std::vector<Route> MakeRoutes(const Handlers& handlers);

}  // namespace doclayout::http
