#include "http/handlers/reload_handler.h"

#include <openssl/crypto.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "base/sha256.h"
#include "http/header_value.h"

namespace doclayout::http {
namespace {

std::string DigestOf(std::string_view text) {
  return Sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::optional<Problem> CheckToken(const RequestHead& head, const std::string& expected_digest) {
  const std::string_view token = BearerToken(head.Find("Authorization").value_or(""));
  if (token.empty()) {
    Problem problem(kUnauthorized, "the operator's token is needed here: send 'Authorization: Bearer TOKEN'",
                    Rejection::kUnauthorized);
    problem.headers.push_back({"WWW-Authenticate", R"(Bearer realm="doclayout admin")"});
    return problem;
  }
  // Of the digests, and all of them: how long it takes tells nothing of the token.
  const std::string digest = DigestOf(token);
  if (CRYPTO_memcmp(digest.data(), expected_digest.data(), digest.size()) == 0) return std::nullopt;
  return Problem(kForbidden, "the token is not the operator's", Rejection::kForbidden);
}

Response Answer(const Result<ModelIdentity>& model, std::string_view request_id) {
  if (!model) {
    const Error& error = model.error();
    // Who may reload may know why it failed.
    if (error.code == ErrorCode::kDraining) return ProblemResponse(Problem(error), request_id);
    return ProblemResponse(Problem(kModelRefused, error.message + "; the model of before is served on"), request_id);
  }
  nlohmann::ordered_json json;
  json["status"] = "reloaded";
  json["model"] = {{"name", model->name}, {"sha256", model->sha256}, {"family", model->family}};
  Response response;
  response.content_type = "application/json";
  response.body = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace

ReloadHandler::ReloadHandler(std::string_view token, ReloadModel reload)
    : token_digest_(DigestOf(token)), reload_(std::move(reload)) {}

Outcome ReloadHandler::Begin(const Exchange& exchange) {
  if (const auto problem = CheckToken(exchange.head, token_digest_)) {
    return ProblemResponse(*problem, exchange.request_id);
  }
  if (exchange.head.has_body()) {
    return ProblemResponse(Problem(ProblemTypeOf(ErrorCode::kBadRequest),
                                   "the request has a body; the model is the one of the service's options"),
                           exchange.request_id);
  }
  return [reload = reload_, id = exchange.request_id](Delivery delivery) {
    const auto respond = std::make_shared<Responder>(std::move(delivery.respond));
    reload([respond, id](const Result<ModelIdentity>& model) { respond->Send(Answer(model, id)); });
  };
}

}  // namespace doclayout::http
