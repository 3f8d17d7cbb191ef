#pragma once

#include "decode/document.h"
#include "health/deep_health.h"
#include "health/readiness.h"
#include "http/analyze/page_service.h"
#include "http/handler.h"

namespace doclayout::http {

/// `GET /deep-health`: infers the golden page and answers how that went; whoever asks meanwhile gets the same answer.
/// `POST /deep-health` does so with the page that is sent, in the forms that `/analyze` takes.
///
/// On the I/O thread; decoding is the service's threads'. All that it is made with must outlive it.
class DeepHealthHandler final : public Handler {
 public:
  struct Context {
    health::DeepHealth& deep_health;
    PageService& pages;
    const health::Readiness& readiness;
    decode::Limits limits;
    Logger& logger;
  };

  explicit DeepHealthHandler(const Context& context) : context_(context) {}

  Outcome Begin(const Exchange& exchange) override;

 private:
  Outcome BeginWithPage(const Exchange& exchange) const;

  const Context context_;
};

}  // namespace doclayout::http
