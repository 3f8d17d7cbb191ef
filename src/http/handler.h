#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <variant>

#include "http/exchange.h"
#include "http/responder.h"
#include "http/response.h"

namespace doclayout::http {

/// Takes the body once it is there and sees to the answer: at once or later, from any thread. Called on the I/O thread,
/// once; must not block. `caller_left` is stopped when nobody waits for the answer any more.
using WithBody = std::function<void(std::string body, std::stop_token caller_left, Responder respond)>;

/// What a handler says to a request's head: an answer that needs no body, or how to go on.
using Outcome = std::variant<Response, WithBody>;

/// Answers the requests of a route.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Called on the I/O thread when the head is read and the body is not: what can be refused is refused here, before
  /// the caller has sent it. Takes microseconds; must not block.
  virtual Outcome Begin(const Exchange& exchange) = 0;
};

}  // namespace doclayout::http
