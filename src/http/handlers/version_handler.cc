#include "http/handlers/version_handler.h"

#include <nlohmann/json.hpp>

namespace doclayout::http {
namespace {

std::string ToJson(const VersionInfo& info, const ModelIdentity& model) {
  nlohmann::ordered_json json;
  json["name"] = "doclayout";
  json["version"] = info.version;
  json["commit"] = info.commit;
  json["model"] = nullptr;
  json["runtime"] = nullptr;
  if (!model.name.empty()) {
    json["model"] = {{"name", model.name}, {"sha256", model.sha256}, {"family", model.family}};
    json["runtime"] = model.runtime;
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

Outcome VersionHandler::Begin(const Exchange&) {
  Response response;
  response.content_type = "application/json";
  response.body = ToJson(info_, pages_.model_identity());
  return response;
}

}  // namespace doclayout::http
