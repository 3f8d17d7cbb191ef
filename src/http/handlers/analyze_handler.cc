#include "http/handlers/analyze_handler.h"

#include <fmt/format.h>

#include <utility>

#include "http/analyze/document_end.h"
#include "http/ascii.h"
#include "http/clients/priority.h"
#include "tracing/request_trace.h"

namespace doclayout::http {
namespace {

/// About the time of a few documents.
constexpr int kRoomRetrySeconds = 1;

Result<void> CheckContentEncoding(const RequestHead& head) {
  const std::string_view encoding = head.Find("Content-Encoding").value_or("identity");
  if (EqualsIgnoreCase(encoding, "identity")) return {};
  return Fail(ErrorCode::kUnsupportedMedia,
              fmt::format("the Content-Encoding {} is not read; send the body as it is", Quoted(encoding)));
}

}  // namespace

Outcome AnalyzeHandler::Begin(const Exchange& exchange) {
  if (!readiness_.model_loaded()) return ProblemResponse(NotLoadedYet(), exchange.request_id);
  Result<AnalyzeRequest> request = Judge(exchange);
  if (!request) return ProblemResponse(Problem(std::move(request.error())), exchange.request_id);
  const bool interactive = request->query.priority == scheduler::Priority::kInteractive;
  if (const auto problem = CheckPriority(exchange, interactive)) {
    return ProblemResponse(*problem, exchange.request_id);
  }
  if (const auto problem = CheckRoom(exchange.head, request->spec)) {
    return ProblemResponse(*problem, exchange.request_id);
  }
  auto in_progress = std::make_shared<InProgress>(context_->metrics);
  return [this, request = std::move(*request), in_progress = std::move(in_progress)](Delivery delivery) mutable {
    AnalyzeRun::Start(context_, std::move(request), std::move(delivery), std::move(in_progress));
  };
}

Result<AnalyzeRequest> AnalyzeHandler::Judge(const Exchange& exchange) const {
  Result<AnalyzeQuery> query = ParseAnalyzeQuery(exchange.query);
  if (!query) return Fail(std::move(query.error()));
  if (Result<void> good = context_->pages.CheckParameters(query->parameters); !good) {
    return Fail(std::move(good.error()));
  }
  Result<UploadType> type = ParseUploadType(exchange.head.Find("Content-Type"));
  if (!type) return Fail(std::move(type.error()));
  if (Result<void> encoding = CheckContentEncoding(exchange.head); !encoding) return Fail(std::move(encoding.error()));
  if (!exchange.head.has_body()) return Fail(ErrorCode::kBadRequest, "the request has no body; send a document");
  const TimePoint deadline = exchange.started + query->timeout.value_or(context_->timeout);
  const auto own_priority = exchange.bulk_only ? scheduler::Priority::kBulk : scheduler::Priority::kInteractive;
  scheduler::RequestSpec spec{.client = exchange.client,
                              .priority = query->priority.value_or(own_priority),
                              .deadline = Deadline::At(deadline)};
  const bool traced = exchange.trace && exchange.trace->sampled();
  return AnalyzeRequest{exchange.request_id, std::move(*query), std::move(*type),
                        std::move(spec),     exchange.exemplar, traced};
}

/// A large body is not worth sending when nobody can take it. What changes until it is there, `AnalyzeRun` sees.
std::optional<Problem> AnalyzeHandler::CheckRoom(const RequestHead& head, const scheduler::RequestSpec& spec) const {
  if (const auto refusal = context_->pages.Judge(spec)) return ProblemOf(*refusal);
  const std::uint64_t length = head.content_length.value_or(0);
  if (context_->bodies->HasRoomFor(length)) return std::nullopt;
  return Overloaded(fmt::format("the documents that are being received and analysed leave no memory for {} bytes more; "
                                "try again in {} s",
                                length, kRoomRetrySeconds),
                    Rejection::kBodyBytesInFlight, kRoomRetrySeconds);
}

}  // namespace doclayout::http
