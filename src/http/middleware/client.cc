#include "http/middleware/client.h"

#include <string>

#include "http/clients/forwarded.h"

namespace doclayout::http {
namespace {

std::string ClientOf(const Exchange& exchange, const Networks& trusted_proxies) {
  if (!exchange.peer) return "-";  // It left before it was served; no key and no address is called so.
  if (exchange.broken) return exchange.peer->ClientText();  // Its header may have ended anywhere.
  return OriginOf(*exchange.peer, exchange.head, trusted_proxies).ClientText();
}

}  // namespace

std::optional<Problem> ClientMiddleware::OnRequest(Exchange& exchange) {
  exchange.client = ClientOf(exchange, trusted_proxies_);
  return std::nullopt;
}

}  // namespace doclayout::http
