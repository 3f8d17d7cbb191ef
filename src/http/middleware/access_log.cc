#include "http/middleware/access_log.h"

#include <vector>

#include "http/router.h"

namespace doclayout::http {
namespace {

/// Enough to recognise what was asked for; a log is no place for 16 kB of somebody's path.
constexpr std::size_t kLongestPath = 200;

/// Probes and scrapes come every few seconds for ever: a good answer to one is news to nobody.
LogLevel LevelOf(const Exchange& exchange, const Response& response) {
  const bool probe = exchange.route != nullptr && exchange.route->IsProbe(exchange.head.method);
  return probe && response.status == 200 ? LogLevel::kDebug : LogLevel::kInfo;
}

/// What came of it, in a word: whose fault it was, if it was one.
std::string_view OutcomeOf(const Exchange& exchange, const Response& response) {
  if (exchange.cancelled) return "cancelled";
  if (response.status < 400) return "ok";
  if (response.rejection) return "refused";
  if (response.error_code == ProblemTypeOf(ErrorCode::kDeadlineExceeded).code) return "expired";
  return response.status < 500 ? "bad_request" : "failed";
}

}  // namespace

void AccessLogMiddleware::OnDone(const Exchange& exchange, const Response& response) {
  const LogLevel level = LevelOf(exchange, response);
  if (!logger_.Enabled(level)) return;
  std::vector<LogField> fields = {{"id", exchange.request_id},
                                  {"trace_id", exchange.trace_id},
                                  {"method", std::string_view(exchange.head.method).substr(0, kLongestPath)},
                                  {"path", exchange.path.substr(0, kLongestPath)},
                                  {"route", exchange.route != nullptr ? exchange.route->path : "other"},
                                  {"client", exchange.client},
                                  {"status", static_cast<long long>(response.status)},
                                  {"code", response.error_code},
                                  {"outcome", OutcomeOf(exchange, response)},
                                  {"bytes_in", static_cast<long long>(exchange.bytes_in)},
                                  {"bytes_out", static_cast<long long>(exchange.bytes_out)},
                                  {"ms", Milliseconds(clock_.Now() - exchange.started)}};
  if (response.timings) {
    const StageTimings& stages = response.timings->stages;
    fields.insert(fields.end(), {{"pages", static_cast<long long>(response.timings->pages)},
                                 {"regions", static_cast<long long>(response.timings->regions)},
                                 {"queue_ms", stages.queue},
                                 {"decode_ms", stages.decode},
                                 {"preprocess_ms", stages.preprocess},
                                 {"inference_ms", stages.inference},
                                 {"postprocess_ms", stages.postprocess},
                                 {"render_ms", response.timings->render}});
  }
  if (!response.cache.empty()) fields.push_back({"cache", response.cache});
  logger_.Write(level, "request", fields);
}

}  // namespace doclayout::http
