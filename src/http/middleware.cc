#include "http/middleware.h"

#include "http/router.h"

namespace doclayout::http {

Outcome MiddlewareChain::Begin(Exchange& exchange) const {
  for (const auto& middleware : middlewares_) {
    if (const std::optional<Problem> problem = middleware->OnRequest(exchange)) {
      return ProblemResponse(*problem, exchange.request_id);
    }
  }
  return exchange.route->handler->Begin(exchange);
}

void MiddlewareChain::Finish(const Exchange& exchange, Response& response) const {
  // The first in the list has the last word.
  for (auto it = middlewares_.rbegin(); it != middlewares_.rend(); ++it) (*it)->OnResponse(exchange, response);
}

void MiddlewareChain::Done(const Exchange& exchange, const Response& response) const {
  for (auto it = middlewares_.rbegin(); it != middlewares_.rend(); ++it) (*it)->OnDone(exchange, response);
}

}  // namespace doclayout::http
