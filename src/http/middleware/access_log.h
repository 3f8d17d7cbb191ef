#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "http/middleware.h"

namespace doclayout::http {

/// One line a request, event "request": who asked for what, what came of it and how long it took. At info; a probe that
/// is answered with 200 at debug. Both must outlive it.
class AccessLogMiddleware final : public Middleware {
 public:
  AccessLogMiddleware(Logger& logger, const Clock& clock) : logger_(logger), clock_(clock) {}

  void OnDone(const Exchange& exchange, const Response& response) override;

 private:
  Logger& logger_;
  const Clock& clock_;
};

}  // namespace doclayout::http
