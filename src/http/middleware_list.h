#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/clients/api_keys_file.h"
#include "http/clients/client_policy.h"
#include "http/limits.h"
#include "http/middleware.h"
#include "http/middleware/trace_context.h"
#include "http/router.h"
#include "http/server_metrics.h"
#include "metrics/registry.h"

namespace doclayout::http {

/// What the middlewares stand on. All must outlive them.
struct MiddlewareContext {
  const Limits& limits;
  const ClientPolicy& clients;
  const TraceSetup& trace;
  const ApiKeysFile* api_keys;  ///< null: nobody needs a key
  const Router& router;
  ServerMetrics& metrics;
  metrics::Registry& registry;
  Logger& logger;
  const Clock& clock;
};

/// The list that every request passes, in its order; why each stands where it stands is said there. Once a registry.
std::vector<std::unique_ptr<Middleware>> MakeMiddlewares(const MiddlewareContext& context);

}  // namespace doclayout::http
