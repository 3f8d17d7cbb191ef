#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/limits.h"
#include "http/middleware.h"
#include "http/router.h"
#include "http/server_metrics.h"

namespace doclayout::http {

/// The list that every request passes, in its order; why each stands where it stands is said there. What is passed in
/// must outlive it.
std::vector<std::unique_ptr<Middleware>> MakeMiddlewares(const Limits& limits, const Router& router,
                                                         ServerMetrics& metrics, Logger& logger, const Clock& clock);

}  // namespace doclayout::http
