#include "http/middleware/api_key.h"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

#include "http/ascii.h"
#include "http/header_value.h"
#include "http/router.h"

namespace doclayout::http {
namespace {

/// RFC 6750, 3: what was wrong with a key that was sent is said in the challenge too.
Problem Unauthorized(std::string detail, std::string_view challenge) {
  Problem problem(kUnauthorized, std::move(detail), Rejection::kUnauthorized);
  problem.headers.push_back({"WWW-Authenticate", std::string(challenge)});
  return problem;
}

/// The key that a request has, empty without one.
tl::expected<std::string_view, Problem> KeyOf(const RequestHead& head) {
  const auto bad = [](std::string detail) {
    return tl::unexpected(Problem(ProblemTypeOf(ErrorCode::kBadRequest), std::move(detail)));
  };
  for (const std::string_view name : {"Authorization", "X-API-Key"}) {
    if (head.Count(name) > 1) return bad(fmt::format("the header {} is there {} times", name, head.Count(name)));
  }
  const std::string_view bearer = BearerToken(head.Find("Authorization").value_or(""));
  const std::string_view header = Trim(head.Find("X-API-Key").value_or(""));
  if (bearer.empty() || header.empty() || bearer == header) return bearer.empty() ? header : bearer;
  return bad("Authorization and X-API-Key have different keys; send one");
}

}  // namespace

std::optional<Problem> ApiKeyMiddleware::OnRequest(Exchange& exchange) {
  if (file_ == nullptr || exchange.route->admin || (exchange.route->IsProbe(exchange.head.method) && !keys_for_probes_))
    return std::nullopt;
  const auto presented = KeyOf(exchange.head);
  if (!presented) return presented.error();
  if (presented->empty()) {
    return Unauthorized("a key is needed here: send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
                        R"(Bearer realm="doclayout")");
  }
  const std::shared_ptr<const ApiKeys> keys = file_->keys();
  const ApiKey* const key = keys->Find(*presented);
  if (key == nullptr) {
    return Unauthorized("the key is not known here, or not any more",
                        R"(Bearer realm="doclayout", error="invalid_token")");
  }
  exchange.client = key->name;
  exchange.own_rate = key->rate;
  exchange.bulk_only = key->bulk_only;
  return std::nullopt;
}

}  // namespace doclayout::http
