#include "http/middleware/body_limit.h"

#include <fmt/format.h>

namespace doclayout::http {

std::optional<Problem> BodyLimitMiddleware::OnRequest(Exchange& exchange) {
  const std::uint64_t length = exchange.head.content_length.value_or(0);
  if (length <= limits_.max_body_bytes) return std::nullopt;
  return Problem(ProblemTypeOf(ErrorCode::kTooLarge),
                 fmt::format("the body has {} bytes; allowed are {}", length, limits_.max_body_bytes),
                 Rejection::kBodyTooLarge);
}

}  // namespace doclayout::http
