#include "http/clients/priority.h"

#include <fmt/format.h>

namespace doclayout::http {

std::optional<Problem> CheckPriority(const Exchange& exchange, bool asked_interactive) {
  if (!exchange.bulk_only || !asked_interactive) return std::nullopt;
  return Problem(
      kForbidden,
      fmt::format("the client '{}' may not ask for the priority 'interactive'; its key allows 'bulk'", exchange.client),
      Rejection::kForbidden);
}

}  // namespace doclayout::http
