#include "http/middleware/request_id.h"

#include <algorithm>

#include "http/ascii.h"
#include "http/uuid.h"

namespace doclayout::http {
namespace {

bool IsUsable(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), IsVisible);
}

}  // namespace

std::optional<Problem> RequestIdMiddleware::OnRequest(Exchange& exchange) {
  const std::string_view given = exchange.head.Find("X-Request-ID").value_or("");
  exchange.request_id = IsUsable(given) ? std::string(given) : MakeUuidV7();
  return std::nullopt;
}

void RequestIdMiddleware::OnResponse(const Exchange& exchange, Response& response) {
  response.headers.push_back({"X-Request-ID", exchange.request_id});
}

}  // namespace doclayout::http
