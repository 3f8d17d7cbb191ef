#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "http/exchange.h"
#include "http/handler.h"
#include "http/response.h"

namespace doclayout::http {

/// One concern that every request passes. I/O thread only; must not block and takes microseconds.
class Middleware {
 public:
  virtual ~Middleware() = default;

  /// The head is read. An answer ends the request here: what stands behind in the list is not asked, the body not read.
  virtual std::optional<Problem> OnRequest(Exchange&) { return std::nullopt; }

  /// An answer, whoever gave it, is about to be written.
  virtual void OnResponse(const Exchange&, Response&) {}

  /// It is over: the answer was written, or the caller left (`exchange.cancelled`).
  virtual void OnDone(const Exchange&, const Response&) {}
};

/// The middlewares in their order, and the handler behind them. I/O thread only.
class MiddlewareChain {
 public:
  explicit MiddlewareChain(std::vector<std::unique_ptr<Middleware>> middlewares)
      : middlewares_(std::move(middlewares)) {}

  /// Once an exchange's head is read, or broken.
  Outcome Begin(Exchange& exchange) const;
  /// Once, before `response` is written.
  void Finish(const Exchange& exchange, Response& response) const;
  /// Once, at the end.
  void Done(const Exchange& exchange, const Response& response) const;

 private:
  const std::vector<std::unique_ptr<Middleware>> middlewares_;
};

}  // namespace doclayout::http
