#include "http/analyze/analyze_task.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <utility>

#include "render/render.h"

namespace doclayout::http {
namespace {

/// Adds the time from its construction to its destruction, in milliseconds.
class Stopwatch {
 public:
  Stopwatch(const Clock& clock, double& milliseconds)
      : clock_(clock), milliseconds_(milliseconds), start_(clock.Now()) {}
  ~Stopwatch() { milliseconds_ += Milliseconds(clock_.Now() - start_); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  const Clock& clock_;
  double& milliseconds_;
  const TimePoint start_;
};

/// https://www.w3.org/TR/server-timing/: the times for formats that have no place for them, and for browsers' tools.
Header ServerTiming(const AnalyzeTimings& timings) {
  const StageTimings& stages = timings.stages;
  return {"Server-Timing",
          fmt::format("queue;dur={:.1f}, decode;dur={:.1f}, preprocess;dur={:.1f}, inference;dur={:.1f}, "
                      "postprocess;dur={:.1f}, render;dur={:.1f}, total;dur={:.1f}",
                      stages.queue, stages.decode, stages.preprocess, stages.inference, stages.postprocess,
                      timings.render, stages.total)};
}

}  // namespace

AnalyzeTask::AnalyzeTask(std::shared_ptr<const AnalyzeContext> context, AnalyzeRequest request, Delivery delivery,
                         std::shared_ptr<InProgress> in_progress)
    : context_(std::move(context)),
      request_(std::move(request)),
      delivery_(std::move(delivery)),
      in_progress_(std::move(in_progress)),
      submitted_(context_->clock.Now()) {}

void AnalyzeTask::Refuse(const Problem& problem) {
  delivery_.respond.Send(ProblemResponse(problem, request_.request_id));
}

void AnalyzeTask::Run(int slot, Duration queued) {
  timings_.stages.queue = Milliseconds(queued);
  try {
    delivery_.respond.Send(Answer(slot));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
    // Not even the memory for a refusal: the responder's end says so, as well as it can.
  }
}

Response AnalyzeTask::Answer(int slot) {
  Result<Response> result = Fail(ErrorCode::kInternal, "the analysis failed");
  try {
    result = Analyze(slot);
  } catch (const std::bad_alloc&) {
    result = Fail(ErrorCode::kOverloaded, "there is not enough memory for this document now; try again later");
  } catch (const std::exception& exception) {
    result = Fail(ErrorCode::kInternal, exception.what());
  }
  Account(result);
  return result ? std::move(*result) : Failure(std::move(result.error()));
}

Result<Response> AnalyzeTask::Analyze(int slot) {
  const auto cancelled = [] { return Fail(ErrorCode::kCancelled, "the caller went away"); };
  if (delivery_.caller_left.stop_requested()) return cancelled();

  Result<Upload> upload = Fail(ErrorCode::kInternal, "");
  Result<std::unique_ptr<decode::Document>> document = Fail(ErrorCode::kInternal, "");
  {
    const Stopwatch watch(context_->clock, timings_.stages.decode);
    upload = Upload::Open(request_.type, std::move(delivery_.body.bytes));
    if (!upload) return Fail(std::move(upload.error()));
    document = decode::OpenDocument(upload->document(), context_->limits);
  }
  if (!document) return Fail(std::move(document.error()));
  const int page_count = (*document)->page_count();
  if (request_.query.format == OutputFormat::kPng && page_count > 1) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the parameter 'format' is 'png' for a document of {} pages; allowed is json, or png for "
                            "one page",
                            page_count));
  }

  std::vector<PageLayout> layouts;
  Page page;
  for (int index = 0; index < page_count; ++index) {
    if (delivery_.caller_left.stop_requested()) return cancelled();
    Result<Page> read = ReadPage(**document, index);
    if (!read) return Fail(std::move(read.error()));
    page = std::move(*read);
    if (index + 1 == page_count) {
      // The file is not needed while the model works on its last, and mostly only, page.
      document = nullptr;
      upload = Fail(ErrorCode::kInternal, "");
      delivery_.body.share.GiveBack();
    }
    Result<PageLayout> layout = AnalyzeOne(slot, page);
    if (!layout) return Fail(std::move(layout.error()));
    layouts.push_back(std::move(*layout));
  }
  timings_.stages.total = Milliseconds(context_->clock.Now() - submitted_);
  return Render(layouts, page.image);
}

Result<Page> AnalyzeTask::ReadPage(decode::Document& document, int index) {
  const Stopwatch watch(context_->clock, timings_.stages.decode);
  return document.ReadPage(index);
}

Result<PageLayout> AnalyzeTask::AnalyzeOne(int slot, const Page& page) {
  StageTimings times;
  Result<PageLayout> layout = context_->analyze_page(slot, page, request_.query.parameters, times);
  timings_.stages.preprocess += times.preprocess;
  timings_.stages.inference += times.inference;
  timings_.stages.postprocess += times.postprocess;
  if (!layout) return layout;
  ServerMetrics& metrics = *context_->metrics;
  metrics.inference_latency.Observe(times.inference / 1e3);
  metrics.pages.Increment();
  for (const Region& region : layout->regions) metrics.CountRegion(region.label);
  return layout;
}

Result<Response> AnalyzeTask::Render(const std::vector<PageLayout>& layouts, const Image& last_image) {
  Response response;
  {
    const Stopwatch watch(context_->clock, timings_.render);
    if (request_.query.format == OutputFormat::kPng) {
      const auto png = render::ToAnnotatedPng(last_image, layouts.front());
      if (!png) return Fail(png.error());
      response.content_type = "image/png";
      response.body.assign(png->begin(), png->end());
    } else {
      response.content_type = "application/json";
      response.body = render::ToJson({.request_id = request_.request_id,
                                      .model_name = context_->model_name,
                                      .model_sha256 = context_->model_sha256,
                                      .model_family = context_->model_family},
                                     layouts, timings_.stages, false);
    }
  }
  response.headers.push_back(ServerTiming(timings_));
  response.timings = timings_;
  return response;
}

void AnalyzeTask::Account(const Result<Response>& result) const {
  ServerMetrics& metrics = *context_->metrics;
  metrics.queue_duration.Observe(timings_.stages.queue / 1e3);
  if (!result) {
    const bool cancelled = result.error().code == ErrorCode::kCancelled;
    (cancelled ? metrics.documents_cancelled : metrics.documents_failed).Increment();
    return;
  }
  // Who left while the last page was in the model gets nothing either.
  (delivery_.caller_left.stop_requested() ? metrics.documents_cancelled : metrics.documents_ok).Increment();
  metrics.decode_duration.Observe(timings_.stages.decode / 1e3);
  metrics.preprocess_duration.Observe(timings_.stages.preprocess / 1e3);
  metrics.inference_duration.Observe(timings_.stages.inference / 1e3);
  metrics.postprocess_duration.Observe(timings_.stages.postprocess / 1e3);
  metrics.render_duration.Observe(timings_.render / 1e3);
}

Response AnalyzeTask::Failure(Error error) const {
  const ErrorCode code = error.code;
  if (code == ErrorCode::kInternal || code == ErrorCode::kBadModel) {
    // Our fault: the reason is for us, and may tell more of this machine than a stranger should know.
    context_->logger.Write(LogLevel::kError, "analysis_failed",
                           {{"id", request_.request_id}, {"reason", error.message}});
    error.message = "the analysis failed; the service's log has the reason under this request's id";
  }
  Problem problem(std::move(error));
  if (code == ErrorCode::kTooLarge) problem.rejection = Rejection::kDocumentTooLarge;
  if (code == ErrorCode::kOverloaded) problem.retry_after_seconds = 1;
  Response response = ProblemResponse(problem, request_.request_id);
  response.timings = timings_;
  return response;
}

}  // namespace doclayout::http
