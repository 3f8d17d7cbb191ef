#include "probe/outcome.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <utility>
#include "health/check_json.h"

namespace doclayout::probe {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHealthy:
      return "healthy";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kUnhealthy:
      return "unhealthy";
    case Verdict::kUnreachable:
      return "unreachable";
    case Verdict::kDraining:
      return "draining";
    case Verdict::kStarting:
      return "starting";
  }
  return "unreachable";
}

std::vector<std::string> Failing(const Outcome& outcome) {
  if (outcome.verdict == Verdict::kUnreachable) return {"unreachable"};
  if (outcome.verdict != Verdict::kUnhealthy) return {};
  std::vector<std::string> names;
  for (const health::Check& check : outcome.checks) {
    if (check.status == health::Status::kUnhealthy) names.push_back(check.name);
  }
  std::ranges::sort(names);
  if (names.empty()) names.emplace_back("deep_health");
  return names;
}

std::string ToJson(const Outcome& outcome) {
  nlohmann::ordered_json json;
  json["status"] = VerdictName(outcome.verdict);
  if (!outcome.reason.empty()) json["reason"] = outcome.reason;
  json["http_status"] = outcome.http_status;
  json["ms"] = Milliseconds(outcome.took);
  json["checks"] = health::ToJson(outcome.checks);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace doclayout::probe
