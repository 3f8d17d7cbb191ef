#include "http/handlers/deep_health_handler.h"

#include <memory>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "base/sha256.h"
#include "http/analyze/document_end.h"
#include "http/analyze/upload.h"
#include "http/handlers/health_handler.h"

namespace doclayout::http {
namespace {

constexpr int kRetrySeconds = 2;

/// Who waits for the report.
using SharedResponder = std::shared_ptr<Responder>;

health::DeepHealth::Done Answering(SharedResponder respond) {
  return [respond = std::move(respond)](const health::Report& report) { respond->Send(HealthResponse(report)); };
}

/// A page that was sent, on a thread of the pool.
class PostedPage {
 public:
  PostedPage(const DeepHealthHandler::Context& context, UploadType type, std::string request_id, Delivery delivery)
      : context_(context),
        type_(std::move(type)),
        request_id_(std::move(request_id)),
        body_(std::move(delivery.body)),
        respond_(std::make_shared<Responder>(std::move(delivery.respond))) {}

  void Ask() {
    Result<void> asked = Guarded([this] { return TryAsk(); });
    if (!asked) Refuse(ProblemOf(std::move(asked.error()), request_id_, context_.logger));
  }

 private:
  Result<void> TryAsk() {
    Result<Upload> upload = Upload::Open(type_, std::move(body_.bytes));
    if (!upload) return Fail(std::move(upload.error()));
    auto document = decode::OpenDocument(upload->document(), context_.limits);
    if (!document) return Fail(std::move(document.error()));
    if ((*document)->page_count() != 1) {
      return Fail(ErrorCode::kBadRequest, "the document has several pages; send one");
    }
    Result<Page> page = (*document)->ReadPage(0);
    if (!page) return Fail(std::move(page.error()));
    if (!context_.deep_health.AskAbout(std::make_shared<const Page>(std::move(*page)), Sha256(upload->document()),
                                       Answering(respond_))) {
      Refuse(Overloaded("as many pages as may be wait for a deep health check; try again in a moment",
                        Rejection::kQueueFull, kRetrySeconds));
    }
    return {};
  }

  void Refuse(const Problem& problem) { respond_->Send(ProblemResponse(problem, request_id_)); }

  const DeepHealthHandler::Context context_;
  const UploadType type_;
  const std::string request_id_;
  Body body_;
  const SharedResponder respond_;
};

}  // namespace

Outcome DeepHealthHandler::Begin(const Exchange& exchange) {
  if (exchange.head.method == "POST") return BeginWithPage(exchange);
  return [this](Delivery delivery) {
    context_.deep_health.Ask(Answering(std::make_shared<Responder>(std::move(delivery.respond))));
  };
}

Outcome DeepHealthHandler::BeginWithPage(const Exchange& exchange) const {
  if (!context_.readiness.model_loaded()) {
    Problem problem(ProblemTypeOf(ErrorCode::kNotReady), "the model is not loaded yet; try again in a moment",
                    Rejection::kNotReady);
    problem.retry_after_seconds = kRetrySeconds;
    return ProblemResponse(problem, exchange.request_id);
  }
  Result<UploadType> type = ParseUploadType(exchange.head.Find("Content-Type"));
  if (!type) return ProblemResponse(Problem(std::move(type.error())), exchange.request_id);
  if (!exchange.head.has_body()) {
    return ProblemResponse(
        Problem(ProblemTypeOf(ErrorCode::kBadRequest), "the request has no body; send a page, or GET this path"),
        exchange.request_id);
  }
  return [this, type = std::move(*type), id = exchange.request_id](Delivery delivery) {
    const auto posted = std::make_shared<PostedPage>(context_, type, id, std::move(delivery));
    context_.pages.Post(scheduler::TaskPool::Kind::kBegins, [posted] { posted->Ask(); });
  };
}

}  // namespace doclayout::http
