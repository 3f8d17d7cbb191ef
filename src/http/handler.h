#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <variant>

#include "http/body_budget.h"
#include "http/exchange.h"
#include "http/responder.h"
#include "http/response.h"

namespace doclayout::http {

/// A request's body and its share of the memory that all of them may hold.
struct Body {
  std::string bytes;
  BodyBudget::Share share;
};

/// A request that is complete and waits for its answer. Moves.
struct Delivery {
  Body body;
  std::stop_token caller_left;  ///< stopped when nobody waits for the answer any more
  Responder respond;
};

/// Takes the body once it is there and sees to the answer: at once or later, from any thread. Called on the I/O thread,
/// once; must not block.
using WithBody = std::function<void(Delivery)>;

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
