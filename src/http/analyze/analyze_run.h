#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "decode/document.h"
#include "http/analyze/analyze_query.h"
#include "http/analyze/answer_cache.h"
#include "http/analyze/document_end.h"
#include "http/analyze/page_service.h"
#include "http/analyze/upload.h"
#include "http/body_budget.h"
#include "http/handler.h"
#include "http/response.h"
#include "http/server_metrics.h"
#include "metrics/exemplar.h"
#include "types/decode_mode.h"
#include "types/page_layout.h"
#include "types/page_size.h"

namespace doclayout::http {

/// Is told what the model finds by itself on a user's page, without parameters that change it. Thread-safe; must be
/// short.
using ObservePage = std::function<void(const std::vector<Region>&)>;

/// What all analyses share. Immutable but for what is thread-safe itself; what it refers to must outlive it.
struct AnalyzeContext {
  PageService& pages;
  decode::Limits limits;
  Duration timeout;   ///< of a request that does not say
  DecodeMode decode;  ///< likewise
  std::shared_ptr<BodyBudget> bodies;
  std::shared_ptr<ServerMetrics> metrics;
  std::shared_ptr<AnswerCache> answers;  ///< null: every document is analysed
  ObservePage observe;                   ///< may be empty
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
  scheduler::RequestSpec spec;
  metrics::Exemplar exemplar;  ///< of the times that are measured for it
  bool traced = false;         ///< its stages are wanted one by one
};

/// One document from its body to its answer: what is done for `POST /analyze`.
///
/// The file is opened and its pages are read on the pool's threads, one page a task, so that documents take turns and
/// no more pages than are worth it are decoded at a time. Each goes through the slots and comes back in any order; the
/// last makes the answer. With a cache, what is there needs none of that, and what is being found for another request
/// is waited for; it is still an admitted request then. The request ends once, by what is first: its answer, an error
/// of one of its pages, its deadline, or its caller's leaving.
///
/// Thread-safe. Keeps itself alive while anything is going on; holds nothing of the server, which may be gone before.
class AnalyzeRun : public std::enable_shared_from_this<AnalyzeRun> {
 public:
  /// On the I/O thread, with the whole body: refuses or begins. Does not block.
  static void Start(std::shared_ptr<const AnalyzeContext> context, AnalyzeRequest request, Delivery delivery,
                    std::shared_ptr<InProgress> in_progress);

  AnalyzeRun(std::shared_ptr<const AnalyzeContext> context, AnalyzeRequest request, Delivery delivery,
             std::shared_ptr<InProgress> in_progress);

 private:
  using Outcome = DocumentOutcome;

  void Begin();
  void Watch(std::stop_token caller_left);

  // On the pool's threads, one after another.
  Result<void> Open();
  Result<void> AskCache();
  Result<void> OpenDocument();
  Result<void> Read();
  Result<void> ReadNext();
  Result<Page> ReadPage(int index, PageSize enough);

  // On the pool's threads, maybe at once.
  void TakePage(int page, Result<PageLayout> layout, const PageSteps& steps);
  void Finish();
  void Answer(const std::vector<PageLayout>& layouts);
  Result<Response> Render(const std::vector<PageLayout>& layouts, AnalyzeTimings& timings);

  // Any thread.
  void PostBegin(Result<void> (AnalyzeRun::*step)());
  void TakeTurn(AnswerCache::Turn turn);
  bool TakeLead(AnswerCache::Lead lead);
  void SetCacheUse(CacheUse use);
  bool WantsPage() const REQUIRES(mutex_);
  void Trace(const StageInTime& stage) REQUIRES(mutex_);
  void Fail(Error error);
  void End(Outcome outcome, Response response);

  const std::shared_ptr<const AnalyzeContext> context_;
  const AnalyzeRequest request_;
  const TimePoint submitted_;

  // Of the task that reads; while there is none, nobody's.
  std::string body_;
  BodyBudget::Share body_room_;
  std::optional<Upload> upload_;
  std::unique_ptr<decode::Document> document_;

  mutable Mutex mutex_;
  // Until the end, all five.
  std::optional<Responder> respond_ GUARDED_BY(mutex_);
  std::shared_ptr<InProgress> in_progress_ GUARDED_BY(mutex_);
  std::shared_ptr<PageRequest> pages_ GUARDED_BY(mutex_);
  std::optional<AnswerCache::Lead> lead_ GUARDED_BY(mutex_);
  std::optional<AnswerCache::Place> place_ GUARDED_BY(mutex_);
  std::optional<CacheUse> cache_use_ GUARDED_BY(mutex_);
  TimePoint asked_ GUARDED_BY(mutex_);  // the cache
  int page_count_ GUARDED_BY(mutex_) = 0;
  int next_page_ GUARDED_BY(mutex_) = 0;  // to be read
  int done_ GUARDED_BY(mutex_) = 0;       // that came back
  bool reading_ GUARDED_BY(mutex_) = true;
  std::shared_ptr<std::vector<PageLayout>> layouts_ GUARDED_BY(mutex_);  // until all are there
  AnalyzeTimings timings_ GUARDED_BY(mutex_);

  // Last: called back until it is gone, while all else is there.
  std::optional<std::stop_callback<std::function<void()>>> when_caller_leaves_;
};

}  // namespace doclayout::http
