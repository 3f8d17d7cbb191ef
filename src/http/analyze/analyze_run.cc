#include "http/analyze/analyze_run.h"

#include <fmt/format.h>

#include <utility>

#include "base/guarded.h"
#include "http/problem.h"
#include "render/render.h"

namespace doclayout::http {
namespace {

using Kind = scheduler::TaskPool::Kind;

}  // namespace

void AnalyzeRun::Start(std::shared_ptr<const AnalyzeContext> context, AnalyzeRequest request, Delivery delivery,
                       std::shared_ptr<InProgress> in_progress) {
  std::stop_token caller_left = delivery.caller_left;
  const auto run =
      std::make_shared<AnalyzeRun>(std::move(context), std::move(request), std::move(delivery), std::move(in_progress));
  run->Begin();
  run->Watch(std::move(caller_left));
}

AnalyzeRun::AnalyzeRun(std::shared_ptr<const AnalyzeContext> context, AnalyzeRequest request, Delivery delivery,
                       std::shared_ptr<InProgress> in_progress)
    : context_(std::move(context)),
      request_(std::move(request)),
      submitted_(context_->clock.Now()),
      body_(std::move(delivery.body.bytes)),
      body_room_(std::move(delivery.body.share)),
      respond_(std::move(delivery.respond)),
      in_progress_(std::move(in_progress)) {}

void AnalyzeRun::Begin() {
  const auto self = shared_from_this();
  PageService::Listener listener{
      .on_page = [self](int page, Result<PageLayout> layout,
                        const PageSteps& steps) { self->TakePage(page, std::move(layout), steps); },
      .on_end = [self](Error error) { self->Fail(std::move(error)); }};
  std::optional<Responder> refused;
  scheduler::Refusal refusal;
  {
    // Held, so that a deadline which passes at once finds the request.
    const MutexLock lock(mutex_);
    auto admitted = context_->pages.Admit(request_.spec, request_.query.parameters, std::move(listener));
    if (admitted) {
      pages_ = std::move(*admitted);
    } else {
      refusal = std::move(admitted.error());
      refused.emplace(*std::exchange(respond_, std::nullopt));
      in_progress_ = nullptr;
    }
  }
  if (refused) {
    refused->Send(ProblemResponse(ProblemOf(refusal), request_.request_id));
  } else {
    PostBegin(&AnalyzeRun::Open);
  }
}

/// On the I/O thread, behind `Begin`.
void AnalyzeRun::Watch(std::stop_token caller_left) {
  when_caller_leaves_.emplace(std::move(caller_left), [weak = weak_from_this()] {
    if (const auto run = weak.lock()) run->End(Outcome::kCancelled, {.status = 499});
  });
}

Result<void> AnalyzeRun::Open() {
  const TimePoint start = context_->clock.Now();
  auto upload = Upload::Open(request_.type, std::move(body_));
  if (!upload) return doclayout::Fail(std::move(upload.error()));
  upload_ = std::move(*upload);
  {
    const MutexLock lock(mutex_);
    timings_.stages.queue += Milliseconds(start - submitted_);
    const TimePoint opened = context_->clock.Now();
    timings_.stages.decode += Milliseconds(opened - start);
    Trace({.name = "decode", .begin = start, .end = opened});
  }
  return context_->answers ? AskCache() : Read();
}

/// What is asked for may be there, or about to be found for another.
Result<void> AnalyzeRun::AskCache() {
  std::shared_ptr<PageRequest> pages;
  {
    const MutexLock lock(mutex_);
    pages = pages_;
    cache_use_ = CacheUse::kShared;  // unless it turns out otherwise, which it may do on another thread
    asked_ = context_->clock.Now();
  }
  if (!pages) return {};  // it has ended meanwhile
  const AnswerKey key = MakeAnswerKey(upload_->document(), request_.query.canonical, pages->model());
  pages->SetPages(0);  // until it is known that it is to be analysed
  auto joined = context_->answers->Join(key, request_.spec.priority, [weak = weak_from_this()](AnswerCache::Turn turn) {
    if (const auto run = weak.lock()) run->TakeTurn(std::move(turn));
  });
  if (auto* lead = std::get_if<AnswerCache::Lead>(&joined)) return TakeLead(std::move(*lead)) ? Read() : Result<void>();
  if (auto* place = std::get_if<AnswerCache::Place>(&joined)) {
    // Its turn may have come already: whatever there is of this request, but for what the mutex guards, is that task's.
    const MutexLock lock(mutex_);
    if (pages_) place_ = std::move(*place);
    return {};
  }
  SetCacheUse(CacheUse::kHit);
  Answer(*std::get<SharedLayouts>(joined));
  return {};
}

/// The one that this one waited for is done, or has left it the lead. On whatever thread that was.
void AnalyzeRun::TakeTurn(AnswerCache::Turn turn) {
  const Result<void> taken = Guarded([&]() -> Result<void> {
    if (auto* lead = std::get_if<AnswerCache::Lead>(&turn)) {
      if (TakeLead(std::move(*lead))) PostBegin(&AnalyzeRun::Read);
    } else {
      SetCacheUse(CacheUse::kShared);
      context_->pages.Post(Kind::kEnds, [self = shared_from_this(), layouts = std::get<SharedLayouts>(turn)] {
        self->Answer(*layouts);
      });
    }
    return {};
  });
  if (!taken) Fail(taken.error());
}

/// False when this one has ended: the lead then goes on.
bool AnalyzeRun::TakeLead(AnswerCache::Lead lead) {
  SetCacheUse(CacheUse::kMiss);
  const MutexLock lock(mutex_);
  if (!pages_) return false;
  lead_ = std::move(lead);
  return true;
}

/// The cache has had its say.
void AnalyzeRun::SetCacheUse(CacheUse use) {
  const MutexLock lock(mutex_);
  cache_use_ = use;
  Trace({.name = "cache", .begin = asked_, .end = context_->clock.Now()});
}

Result<void> AnalyzeRun::OpenDocument() {
  const TimePoint start = context_->clock.Now();
  auto document = decode::OpenDocument(upload_->document(), context_->limits);
  if (!document) return doclayout::Fail(std::move(document.error()));
  document_ = std::move(*document);
  const int page_count = document_->page_count();
  if (request_.query.format == OutputFormat::kPng && page_count > 1) {
    return doclayout::Fail(ErrorCode::kBadParameter,
                           fmt::format("the parameter 'format' is 'png' for a document of {} pages; allowed is json, "
                                       "or png for one page",
                                       page_count));
  }
  const TimePoint end = context_->clock.Now();
  const MutexLock lock(mutex_);
  timings_.stages.decode += Milliseconds(end - start);
  Trace({.name = "decode", .begin = start, .end = end});
  return {};
}

/// The document is to be analysed.
Result<void> AnalyzeRun::Read() {
  Result<void> opened = OpenDocument();
  if (!opened) return opened;
  const int page_count = document_->page_count();
  auto layouts = std::make_shared<std::vector<PageLayout>>(static_cast<std::size_t>(page_count));
  std::shared_ptr<PageRequest> pages;
  {
    const MutexLock lock(mutex_);
    page_count_ = page_count;
    layouts_ = std::move(layouts);
    pages = pages_;
  }
  if (!pages) return {};  // it has ended meanwhile
  if (const auto refusal = pages->SetPages(page_count)) {
    End(Outcome::kFailed, ProblemResponse(ProblemOf(*refusal), request_.request_id));
    return {};
  }
  return ReadNext();
}

void AnalyzeRun::PostBegin(Result<void> (AnalyzeRun::*step)()) {
  context_->pages.Post(Kind::kBegins, [self = shared_from_this(), step] {
    const Result<void> done = Guarded([&] { return (self.get()->*step)(); });
    if (!done) self->Fail(done.error());
  });
}

Result<void> AnalyzeRun::ReadNext() {
  int index = 0;
  bool last = false;
  std::shared_ptr<PageRequest> pages;
  {
    const MutexLock lock(mutex_);
    index = next_page_;
    last = index + 1 == page_count_;
    pages = pages_;
  }
  if (!pages) return {};  // it has ended meanwhile
  Result<Page> page = ReadPage(index, pages->input_size());
  if (!page) return doclayout::Fail(std::move(page.error()));
  // The file is not needed while its last, and mostly only, page waits; to draw on, the page is read once more, which
  // costs less than keeping the pixels of all that wait.
  if (last && request_.query.format != OutputFormat::kPng) {
    document_ = nullptr;
    upload_ = std::nullopt;
    body_room_.GiveBack();
  }
  {
    const MutexLock lock(mutex_);
    ++next_page_;
  }
  Result<void> queued = pages->Analyze(*page, BodyBudget::Share(context_->bodies));
  if (!queued) return queued;
  bool more = false;
  {
    const MutexLock lock(mutex_);
    more = WantsPage();
    reading_ = more;
  }
  if (more) PostBegin(&AnalyzeRun::ReadNext);
  return {};
}

Result<Page> AnalyzeRun::ReadPage(int index, PageSize enough) {
  const TimePoint start = context_->clock.Now();
  const bool fast = request_.query.decode.value_or(context_->decode) == DecodeMode::kFast;
  Result<Page> page = fast ? document_->ReadReducedPage(index, enough) : document_->ReadPage(index);
  const TimePoint end = context_->clock.Now();
  const MutexLock lock(mutex_);
  timings_.stages.decode += Milliseconds(end - start);
  Trace({.name = "decode", .begin = start, .end = end, .page = index});
  return page;
}

void AnalyzeRun::Trace(const StageInTime& stage) {
  if (request_.traced) timings_.trace.push_back(stage);
}

/// Whether another page is worth being read now.
bool AnalyzeRun::WantsPage() const {
  return pages_ && next_page_ < page_count_ && next_page_ - done_ < context_->pages.pages_ahead();
}

void AnalyzeRun::TakePage(int page, Result<PageLayout> layout, const PageSteps& steps) {
  ServerMetrics& metrics = *context_->metrics;
  const double inference = Milliseconds(steps.slot_end - steps.slot_begin);
  const double queue = Milliseconds(steps.slot_begin - steps.prepare_end);
  if (steps.inferred) metrics.inference_latency.Observe(inference / 1e3, request_.exemplar);
  if (!layout) return Fail(std::move(layout.error()));
  metrics.queue_duration.Observe(queue / 1e3, request_.exemplar);
  metrics.batch_size.Observe(steps.batch);
  metrics.pages.Increment();
  metrics.CountRegions(layout->regions);
  if (context_->observe && request_.query.parameters == AnalyzeParameters{}) context_->observe(layout->regions);

  bool all = false;
  bool more = false;
  {
    const MutexLock lock(mutex_);
    if (!pages_) return;  // it has ended meanwhile
    timings_.stages.queue += queue;
    timings_.stages.preprocess += Milliseconds(steps.prepare_end - steps.prepare_begin);
    timings_.stages.inference += inference;
    timings_.stages.postprocess += Milliseconds(steps.finish_end - steps.finish_begin);
    timings_.pages += 1;
    timings_.regions += static_cast<int>(layout->regions.size());
    Trace({.name = "preprocess", .begin = steps.prepare_begin, .end = steps.prepare_end, .page = page});
    Trace({.name = "queue", .begin = steps.prepare_end, .end = steps.slot_begin, .page = page});
    Trace({.name = "inference", .begin = steps.slot_begin, .end = steps.slot_end, .page = page, .batch = steps.batch});
    Trace({.name = "postprocess", .begin = steps.finish_begin, .end = steps.finish_end, .page = page});
    layouts_->at(static_cast<std::size_t>(page)) = std::move(*layout);
    ++done_;
    all = done_ == page_count_;
    more = !reading_ && WantsPage();
    if (more) reading_ = true;
  }
  if (more) PostBegin(&AnalyzeRun::ReadNext);
  if (all) Finish();
}

void AnalyzeRun::Finish() {
  SharedLayouts layouts;
  std::optional<AnswerCache::Lead> lead;
  {
    const MutexLock lock(mutex_);
    layouts = std::exchange(layouts_, nullptr);
    lead = std::exchange(lead_, std::nullopt);
  }
  const Result<void> shared = Guarded([&]() -> Result<void> {
    if (lead) lead->Fulfil(layouts);
    return {};
  });
  if (!shared) return Fail(shared.error());
  Answer(*layouts);
}

/// `layouts` are what was found in the document, here or for another request.
void AnalyzeRun::Answer(const std::vector<PageLayout>& layouts) {
  if (request_.query.format == OutputFormat::kPng && !document_) {
    const Result<void> opened = Guarded([&] { return OpenDocument(); });
    if (!opened) return Fail(opened.error());
  }
  AnalyzeTimings timings;
  bool analysed = false;
  {
    const MutexLock lock(mutex_);
    analysed = WasAnalysed(cache_use_);
    timings_.stages.total = Milliseconds(context_->clock.Now() - submitted_);
    timings = timings_;
  }
  const TimePoint rendering = context_->clock.Now();
  Result<Response> response = Guarded([&] { return Render(layouts, timings); });
  if (!response) return Fail(std::move(response.error()));
  if (analysed) context_->pages.ObserveOverhead(OverheadOf(timings, layouts.size()));
  {
    const MutexLock lock(mutex_);
    timings_.render = timings.render;
    Trace({.name = "render", .begin = rendering, .end = context_->clock.Now()});
  }
  End(Outcome::kOk, std::move(*response));
}

Result<Response> AnalyzeRun::Render(const std::vector<PageLayout>& layouts, AnalyzeTimings& timings) {
  const TimePoint start = context_->clock.Now();
  std::shared_ptr<PageRequest> pages;
  std::optional<CacheUse> cache_use;
  {
    const MutexLock lock(mutex_);
    pages = pages_;
    cache_use = cache_use_;
  }
  if (!pages) return doclayout::Fail(ErrorCode::kCancelled, "it has ended meanwhile");
  Response response;
  if (request_.query.format == OutputFormat::kPng) {
    const Result<Page> page = document_->ReadPage(0);
    if (!page) return doclayout::Fail(page.error());
    const auto png = render::ToAnnotatedPng(page->image, layouts.front());
    if (!png) return doclayout::Fail(png.error());
    response.content_type = "image/png";
    response.body.assign(png->begin(), png->end());
  } else {
    const ModelIdentity& model = pages->model();
    response.content_type = "application/json";
    response.body = render::ToJson({.request_id = request_.request_id,
                                    .model_name = model.name,
                                    .model_sha256 = model.sha256,
                                    .model_family = model.family},
                                   layouts, timings.stages, false);
  }
  timings.render = Milliseconds(context_->clock.Now() - start);
  response.headers.push_back(ServerTiming(timings));
  if (cache_use) response.headers.push_back({"X-Cache", cache_use == CacheUse::kMiss ? "miss" : "hit"});
  return response;
}

void AnalyzeRun::Fail(Error error) {
  {
    const MutexLock lock(mutex_);
    if (!pages_) return;  // said already
  }
  const Outcome outcome = error.code == ErrorCode::kDeadlineExceeded ? Outcome::kExpired : Outcome::kFailed;
  End(outcome,
      ProblemResponse(ProblemOf(std::move(error), request_.request_id, context_->logger), request_.request_id));
}

/// The first end counts: it answers, where nobody hears it for the log, and whatever else is going on for the request
/// goes nowhere.
void AnalyzeRun::End(Outcome outcome, Response response) {
  std::optional<Responder> respond;
  std::shared_ptr<InProgress> in_progress;
  std::shared_ptr<PageRequest> pages;
  std::optional<AnswerCache::Lead> lead;    // goes on to the next at the end of this function, without the lock
  std::optional<AnswerCache::Place> place;  // so does this
  std::optional<CacheUse> cache_use;
  AnalyzeTimings timings;
  {
    const MutexLock lock(mutex_);
    if (!pages_) return;
    respond.emplace(*std::exchange(respond_, std::nullopt));
    in_progress = std::move(in_progress_);
    pages = std::exchange(pages_, nullptr);
    lead = std::exchange(lead_, std::nullopt);
    place = std::exchange(place_, std::nullopt);
    cache_use = cache_use_;
    timings = timings_;
  }
  pages->Leave();
  CountDocument(*context_->metrics, outcome, timings, cache_use, request_.exemplar);
  in_progress = nullptr;
  response.timings = timings;
  if (cache_use) response.cache = CacheUseName(*cache_use);
  respond->Send(std::move(response));
}

}  // namespace doclayout::http
