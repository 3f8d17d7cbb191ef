#pragma once

#include <optional>

#include "http/exchange.h"
#include "http/problem.h"

namespace doclayout::http {

/// 403 `forbidden` for a client that may have the priority "bulk" only and asked for "interactive" in so many words.
/// Thread-safe.
std::optional<Problem> CheckPriority(const Exchange& exchange, bool asked_interactive);

}  // namespace doclayout::http
