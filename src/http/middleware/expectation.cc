#include "http/middleware/expectation.h"

#include <fmt/format.h>

#include "http/ascii.h"

namespace doclayout::http {

bool ExpectsContinue(const RequestHead& head) {
  return head.version >= 11 && head.has_body() && EqualsIgnoreCase(head.Find("Expect").value_or(""), "100-continue");
}

std::optional<Problem> ExpectationMiddleware::OnRequest(Exchange& exchange) {
  const auto expectation = exchange.head.Find("Expect");
  if (!expectation || exchange.head.version < 11 || EqualsIgnoreCase(*expectation, "100-continue")) return std::nullopt;
  return Problem(kExpectationFailed,
                 fmt::format("the expectation {} is not known; allowed is 100-continue", Quoted(*expectation)));
}

}  // namespace doclayout::http
