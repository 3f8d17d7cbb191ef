#pragma once

#include <optional>
#include <string_view>

#include "http/middleware.h"

namespace doclayout::http {

/// The trace id of a `traceparent` (https://www.w3.org/TR/trace-context/); nullopt for one that is not valid, which the
/// standard says to ignore. Points into its argument. Thread-safe.
std::optional<std::string_view> TraceIdOf(std::string_view traceparent);

/// Notes the caller's trace, for the access log.
class TraceContextMiddleware final : public Middleware {
 public:
  std::optional<Problem> OnRequest(Exchange& exchange) override;
};

}  // namespace doclayout::http
