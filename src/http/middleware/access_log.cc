#include "http/middleware/access_log.h"

#include "http/router.h"

namespace doclayout::http {
namespace {

/// Enough to recognise what was asked for; a log is no place for 16 kB of somebody's path.
constexpr std::size_t kLongestPath = 200;

}  // namespace

void AccessLogMiddleware::OnDone(const Exchange& exchange, const Response& response) {
  const std::string_view method = exchange.head.method;
  const std::string_view path = exchange.path.substr(0, kLongestPath);
  const std::string_view route = exchange.route != nullptr ? exchange.route->path : "other";
  const long long status = response.status;
  const auto bytes_in = static_cast<long long>(exchange.bytes_in);
  const auto bytes_out = static_cast<long long>(exchange.bytes_out);
  const double milliseconds = Milliseconds(clock_.Now() - exchange.started);
  if (!response.timings) {
    logger_.Write(LogLevel::kInfo, "request",
                  {{"id", exchange.request_id},
                   {"trace_id", exchange.trace_id},
                   {"method", method.substr(0, kLongestPath)},
                   {"path", path},
                   {"route", route},
                   {"status", status},
                   {"code", response.error_code},
                   {"bytes_in", bytes_in},
                   {"bytes_out", bytes_out},
                   {"ms", milliseconds}});
    return;
  }
  const StageTimings& stages = response.timings->stages;
  logger_.Write(LogLevel::kInfo, "request",
                {{"id", exchange.request_id},
                 {"trace_id", exchange.trace_id},
                 {"method", method},
                 {"path", path},
                 {"route", route},
                 {"status", status},
                 {"code", response.error_code},
                 {"bytes_in", bytes_in},
                 {"bytes_out", bytes_out},
                 {"ms", milliseconds},
                 {"queue_ms", stages.queue},
                 {"decode_ms", stages.decode},
                 {"preprocess_ms", stages.preprocess},
                 {"inference_ms", stages.inference},
                 {"postprocess_ms", stages.postprocess},
                 {"render_ms", response.timings->render}});
}

}  // namespace doclayout::http
