#pragma once

#include <memory>
#include <optional>

#include "health/health.h"
#include "http/analyze/analyze_task.h"
#include "http/handler.h"
#include "scheduler/worker_pool.h"

namespace doclayout::http {

/// `POST /analyze`: judges the head, queues the body for a worker. The pool and the readiness must outlive it.
class AnalyzeHandler final : public Handler {
 public:
  AnalyzeHandler(std::shared_ptr<const AnalyzeContext> context, scheduler::WorkerPool& pool,
                 const health::Readiness& readiness)
      : context_(std::move(context)), pool_(pool), readiness_(readiness) {}

  /// On the I/O thread. All that the head can tell is refused here; the rest the worker finds.
  Outcome Begin(const Exchange& exchange) override;

 private:
  Result<AnalyzeRequest> Judge(const Exchange& exchange) const;
  std::optional<Problem> CheckRoom(const RequestHead& head) const;
  Problem QueueFull() const;
  void Submit(std::shared_ptr<AnalyzeTask> task);

  const std::shared_ptr<const AnalyzeContext> context_;
  scheduler::WorkerPool& pool_;
  const health::Readiness& readiness_;
};

}  // namespace doclayout::http
