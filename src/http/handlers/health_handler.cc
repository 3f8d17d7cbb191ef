#include "http/handlers/health_handler.h"

#include <nlohmann/json.hpp>

#include "health/check_json.h"

namespace doclayout::http {
namespace {

/// Between two looks of a probe. Whether it is over by then nobody knows.
constexpr const char* kRetryAfterSeconds = "5";

std::string ToJson(const health::Report& report) {
  nlohmann::ordered_json json;
  json["status"] = health::StatusName(report.status);
  if (!report.phase.empty()) json["phase"] = report.phase;
  json["checks"] = health::ToJson(report.checks);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

Response HealthResponse(const health::Report& report) {
  Response response;
  response.content_type = "application/json";
  response.headers.push_back({"Cache-Control", "no-store"});
  response.body = ToJson(report);
  if (report.status == health::Status::kUnhealthy) {
    response.status = 503;
    response.headers.push_back({"Retry-After", kRetryAfterSeconds});
  }
  return response;
}

Outcome HealthHandler::Begin(const Exchange&) {
  return HealthResponse(report_());
}

}  // namespace doclayout::http
