#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "decode/document.h"
#include "http/analyze/analyze_query.h"
#include "http/analyze/upload.h"
#include "http/body_budget.h"
#include "http/handler.h"
#include "http/problem.h"
#include "http/server_metrics.h"
#include "types/analyze_parameters.h"
#include "types/page.h"
#include "types/page_layout.h"

namespace doclayout::http {

/// Analyses one page on the slot that calls it, and adds its times. Called on worker thread `slot` only.
using AnalyzePage = std::function<Result<PageLayout>(int slot, const Page&, const AnalyzeParameters&, StageTimings&)>;

/// Whether the model can do what is asked for. Thread-safe, takes microseconds.
using CheckParameters = std::function<Result<void>(const AnalyzeParameters&)>;

/// What all analyses share. Immutable but for what is thread-safe itself; what it refers to must outlive it.
struct AnalyzeContext {
  AnalyzePage analyze_page;
  CheckParameters check_parameters;
  decode::Limits limits;
  std::string model_name;
  std::string model_sha256;
  std::string model_family;
  std::shared_ptr<BodyBudget> bodies;
  std::shared_ptr<ServerMetrics> metrics;
  Logger& logger;
  const Clock& clock;
};

/// Counts a request as in progress for as long as it lives. Thread-safe.
class InProgress {
 public:
  explicit InProgress(std::shared_ptr<ServerMetrics> metrics) : metrics_(std::move(metrics)) {
    metrics_->in_progress.Add(1);
  }
  ~InProgress() { metrics_->in_progress.Add(-1); }
  InProgress(const InProgress&) = delete;
  InProgress& operator=(const InProgress&) = delete;

 private:
  const std::shared_ptr<ServerMetrics> metrics_;
};

/// What a request's head said.
struct AnalyzeRequest {
  std::string request_id;
  AnalyzeQuery query;
  UploadType type;
};

/// One document from its body to its answer: what a worker does for `POST /analyze`.
///
/// Not thread-safe: made on the I/O thread, then either run by one worker or refused. Holds nothing of the server,
/// which may be gone when a task's turn comes.
class AnalyzeTask {
 public:
  AnalyzeTask(std::shared_ptr<const AnalyzeContext> context, AnalyzeRequest request, Delivery delivery,
              std::shared_ptr<InProgress> in_progress);

  /// On worker thread `slot`. Blocks for the whole analysis; never throws. Gives up before the next page once the
  /// caller has left.
  void Run(int slot, Duration queued);

  /// Instead of running it. Any thread.
  void Refuse(const Problem& problem);

 private:
  Result<Response> Analyze(int slot);
  Result<Page> ReadPage(decode::Document& document, int index);
  Result<PageLayout> AnalyzeOne(int slot, const Page& page);
  Result<Response> Render(const std::vector<PageLayout>& layouts, const Image& last_image);
  void Account(const Result<Response>& result) const;
  Response Answer(int slot);
  Response Failure(Error error) const;

  const std::shared_ptr<const AnalyzeContext> context_;
  const AnalyzeRequest request_;
  Delivery delivery_;
  const std::shared_ptr<InProgress> in_progress_;

  TimePoint submitted_;
  AnalyzeTimings timings_;
};

}  // namespace doclayout::http
