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
    context_->pages.Post(Kind::kBegins, [self] {
      const Result<void> opened = Guarded([&] { return self->Open(); });
      if (!opened) self->Fail(opened.error());
    });
  }
}

/// On the I/O thread, behind `Begin`.
void AnalyzeRun::Watch(std::stop_token caller_left) {
  when_caller_leaves_.emplace(std::move(caller_left), [weak = weak_from_this()] {
    if (const auto run = weak.lock()) run->End(Outcome::kCancelled, std::nullopt);
  });
}

Result<void> AnalyzeRun::Open() {
  const TimePoint start = context_->clock.Now();
  auto upload = Upload::Open(request_.type, std::move(body_));
  if (!upload) return doclayout::Fail(std::move(upload.error()));
  upload_ = std::move(*upload);
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
  std::shared_ptr<PageRequest> pages;
  {
    const MutexLock lock(mutex_);
    timings_.stages.queue += Milliseconds(start - submitted_);
    const TimePoint opened = context_->clock.Now();
    timings_.stages.decode += Milliseconds(opened - start);
    Trace({.name = "decode", .begin = start, .end = opened});
    page_count_ = page_count;
    layouts_.resize(static_cast<std::size_t>(page_count));
    pages = pages_;
  }
  if (!pages) return {};  // it has ended meanwhile
  if (const auto refusal = pages->SetPages(page_count)) {
    End(Outcome::kFailed, ProblemResponse(ProblemOf(*refusal), request_.request_id));
    return {};
  }
  return ReadNext();
}

void AnalyzeRun::PostRead() {
  context_->pages.Post(Kind::kBegins, [self = shared_from_this()] {
    const Result<void> read = Guarded([&] { return self->ReadNext(); });
    if (!read) self->Fail(read.error());
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
  Result<Page> page = ReadPage(index);
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
  if (more) PostRead();
  return {};
}

Result<Page> AnalyzeRun::ReadPage(int index) {
  const TimePoint start = context_->clock.Now();
  Result<Page> page = document_->ReadPage(index);
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
  if (!layout) return Fail(std::move(layout.error()));
  ServerMetrics& metrics = *context_->metrics;
  const double inference = Milliseconds(steps.slot_end - steps.slot_begin);
  const double queue = Milliseconds(steps.slot_begin - steps.prepare_end);
  metrics.inference_latency.Observe(inference / 1e3);
  metrics.queue_duration.Observe(queue / 1e3);
  metrics.batch_size.Observe(steps.batch);
  metrics.pages.Increment();
  metrics.CountRegions(layout->regions);

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
    layouts_[static_cast<std::size_t>(page)] = std::move(*layout);
    ++done_;
    all = done_ == page_count_;
    more = !reading_ && WantsPage();
    if (more) reading_ = true;
  }
  if (more) PostRead();
  if (all) Finish();
}

void AnalyzeRun::Finish() {
  std::vector<PageLayout> layouts;
  AnalyzeTimings timings;
  {
    const MutexLock lock(mutex_);
    layouts = std::move(layouts_);
    timings_.stages.total = Milliseconds(context_->clock.Now() - submitted_);
    timings = timings_;
  }
  const std::size_t pages = layouts.size();
  const TimePoint rendering = context_->clock.Now();
  Result<Response> response = Guarded([&] { return Render(std::move(layouts), timings); });
  if (!response) return Fail(std::move(response.error()));
  const StageTimings& stages = timings.stages;
  context_->pages.ObserveOverhead(std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(
      (stages.decode + stages.preprocess + stages.postprocess + timings.render) / static_cast<double>(pages))));
  {
    const MutexLock lock(mutex_);
    timings_.render = timings.render;
    Trace({.name = "render", .begin = rendering, .end = context_->clock.Now()});
  }
  End(Outcome::kOk, std::move(*response));
}

Result<Response> AnalyzeRun::Render(std::vector<PageLayout> layouts, AnalyzeTimings& timings) {
  const TimePoint start = context_->clock.Now();
  std::shared_ptr<PageRequest> pages;
  {
    const MutexLock lock(mutex_);
    pages = pages_;
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

/// The first end counts: it answers, if there is somebody to, and whatever else is going on for the request goes
/// nowhere.
void AnalyzeRun::End(Outcome outcome, std::optional<Response> response) {
  std::optional<Responder> respond;
  std::shared_ptr<InProgress> in_progress;
  std::shared_ptr<PageRequest> pages;
  AnalyzeTimings timings;
  {
    const MutexLock lock(mutex_);
    if (!pages_) return;
    respond.emplace(*std::exchange(respond_, std::nullopt));
    in_progress = std::move(in_progress_);
    pages = std::exchange(pages_, nullptr);
    timings = timings_;
  }
  pages->Leave();
  CountDocument(*context_->metrics, outcome, timings);
  in_progress = nullptr;
  if (!response) return;
  response->timings = timings;
  respond->Send(std::move(*response));
}

}  // namespace doclayout::http
