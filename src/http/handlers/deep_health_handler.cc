#include "http/handlers/deep_health_handler.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "base/sha256.h"
#include "http/analyze/document_end.h"
#include "http/analyze/upload.h"
#include "http/ascii.h"
#include "http/handlers/health_handler.h"
#include "http/query.h"

namespace doclayout::http {
namespace {

constexpr int kRetrySeconds = 2;

Problem NoRoom() {
  return Overloaded("as many pages as may be wait for a deep health check; try again in a moment",
                    Rejection::kQueueFull, kRetrySeconds);
}

/// A page that was sent, and who waits for what is said of it.
class PostedPage {
 public:
  PostedPage(const DeepHealthHandler::Context& context, UploadType type, std::string request_id, Delivery delivery)
      : context_(context),
        type_(std::move(type)),
        request_id_(std::move(request_id)),
        body_(std::move(delivery.body)),
        respond_(std::move(delivery.respond)) {}

  /// On the thread of deep health, when it is its turn. What the body takes is given back then.
  Result<std::shared_ptr<const Page>> Read() {
    return Guarded([this]() -> Result<std::shared_ptr<const Page>> {
      Result<Upload> upload = Upload::Open(type_, std::move(body_.bytes));
      if (!upload) return Fail(std::move(upload.error()));
      auto document = decode::OpenDocument(upload->document(), context_.limits);
      if (!document) return Fail(std::move(document.error()));
      if ((*document)->page_count() != 1) {
        return Fail(ErrorCode::kBadRequest, "the document has several pages; send one");
      }
      Result<Page> page = (*document)->ReadPage(0);
      if (!page) return Fail(std::move(page.error()));
      body_.share.GiveBack();
      return std::make_shared<const Page>(std::move(*page));
    });
  }

  void Answer(const Result<health::Report>& report) {
    if (report) return respond_.Send(HealthResponse(*report));
    respond_.Send(ProblemResponse(ProblemOf(report.error(), request_id_, context_.logger), request_id_));
  }
  void Refuse(const Problem& problem) { respond_.Send(ProblemResponse(problem, request_id_)); }

  /// Tells pages apart.
  std::string Digest() const {
    return Sha256({reinterpret_cast<const std::uint8_t*>(body_.bytes.data()), body_.bytes.size()});
  }

 private:
  const DeepHealthHandler::Context context_;
  const UploadType type_;
  const std::string request_id_;
  Body body_;
  Responder respond_;
};

}  // namespace

Outcome DeepHealthHandler::Begin(const Exchange& exchange) {
  if (context_.readiness.draining()) {
    return ProblemResponse(Problem({ErrorCode::kDraining, "the service is shutting down"}), exchange.request_id);
  }
  if (exchange.head.method == "POST") return BeginWithPage(exchange);
  return [this](Delivery delivery) {
    const auto respond = std::make_shared<Responder>(std::move(delivery.respond));
    context_.deep_health.Ask([respond](const health::Report& report) { respond->Send(HealthResponse(report)); });
  };
}

Outcome DeepHealthHandler::BeginWithPage(const Exchange& exchange) const {
  if (!context_.readiness.model_loaded()) return ProblemResponse(NotLoadedYet(), exchange.request_id);
  const auto query = ParseQuery(exchange.query);
  if (!query) return ProblemResponse(Problem(query.error()), exchange.request_id);
  if (!query->empty()) {
    return ProblemResponse(
        Problem({ErrorCode::kBadParameter,
                 fmt::format("the parameter {} is unknown; a check takes none", Quoted(query->front().name))}),
        exchange.request_id);
  }
  Result<UploadType> type = ParseUploadType(exchange.head.Find("Content-Type"));
  if (!type) return ProblemResponse(Problem(std::move(type.error())), exchange.request_id);
  if (!exchange.head.has_body()) {
    return ProblemResponse(
        Problem(ProblemTypeOf(ErrorCode::kBadRequest), "the request has no body; send a page, or GET this path"),
        exchange.request_id);
  }
  // What is not taken is not worth sending.
  if (!context_.deep_health.HasRoom()) return ProblemResponse(NoRoom(), exchange.request_id);
  return [this, type = std::move(*type), id = exchange.request_id](Delivery delivery) {
    const auto posted = std::make_shared<PostedPage>(context_, type, id, std::move(delivery));
    context_.pages.Post(scheduler::TaskPool::Kind::kBegins, [this, posted] {
      const bool taken = context_.deep_health.AskAbout(
          posted->Digest(), [posted] { return posted->Read(); },
          [posted](const Result<health::Report>& report) { posted->Answer(report); });
      if (!taken) posted->Refuse(NoRoom());
    });
  };
}

}  // namespace doclayout::http
