#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "health/health.h"

namespace doclayout::health {

/// `[{"name", "status", "details", "value", "unit"}]`, as health answers have them; the last two where something was
/// measured. Thread-safe.
nlohmann::ordered_json ToJson(const std::vector<Check>& checks);

}  // namespace doclayout::health
