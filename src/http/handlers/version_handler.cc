#include "http/handlers/version_handler.h"

#include <nlohmann/json.hpp>

namespace doclayout::http {
namespace {

std::string ToJson(const VersionInfo& info) {
  nlohmann::ordered_json json;
  json["name"] = "doclayout";
  json["version"] = info.version;
  json["commit"] = info.commit;
  json["model"]["name"] = info.model_name;
  json["model"]["sha256"] = info.model_sha256;
  json["model"]["family"] = info.model_family;
  json["runtime"] = info.runtime;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

VersionHandler::VersionHandler(const VersionInfo& info) : json_(ToJson(info)) {}

Outcome VersionHandler::Begin(const Exchange&) {
  Response response;
  response.content_type = "application/json";
  response.body = json_;
  return response;
}

}  // namespace doclayout::http
