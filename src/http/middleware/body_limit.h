#pragma once

#include "http/limits.h"
#include "http/middleware.h"

namespace doclayout::http {

/// Refuses a body whose Content-Length says that it is too large, before a byte of it is read. What comes in chunks is
/// measured as it arrives, by the parser. The limits must outlive it.
class BodyLimitMiddleware final : public Middleware {
 public:
  explicit BodyLimitMiddleware(const Limits& limits) : limits_(limits) {}

  std::optional<Problem> OnRequest(Exchange& exchange) override;

 private:
  const Limits& limits_;
};

}  // namespace doclayout::http
