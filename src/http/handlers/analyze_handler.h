#pragma once

#include <memory>
#include <optional>

#include "health/readiness.h"
#include "http/analyze/analyze_run.h"
#include "http/handler.h"

namespace doclayout::http {

/// `POST /analyze`: judges the head, and begins with the work once the body is there. The readiness must outlive it.
class AnalyzeHandler final : public Handler {
 public:
  AnalyzeHandler(std::shared_ptr<const AnalyzeContext> context, const health::Readiness& readiness)
      : context_(std::move(context)), readiness_(readiness) {}

  /// On the I/O thread. All that the head can tell is refused here; the rest the work finds.
  Outcome Begin(const Exchange& exchange) override;

 private:
  Result<AnalyzeRequest> Judge(const Exchange& exchange) const;
  std::optional<Problem> CheckRoom(const RequestHead& head, const scheduler::RequestSpec& spec) const;

  const std::shared_ptr<const AnalyzeContext> context_;
  const health::Readiness& readiness_;
};

}  // namespace doclayout::http
