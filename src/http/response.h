#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/request_head.h"
#include "types/page_layout.h"

namespace doclayout::http {

/// Which limit or state refused a request: the label of `pp_doclayout_rejected_total`.
enum class Rejection {
  kBodyTooLarge,
  kHeaderTooLarge,
  kHeaderTimeout,
  kBodyTimeout,
  kWriteTimeout,
  kTooManyConnections,
  kBodyBytesInFlight,
  kQueueFull,
  kTooLate,
  kEngine,
  kDocumentTooLarge,
  kNotReady,
  kDraining,
  kUnauthorized,
  kForbidden,
  kRateLimited,
};

/// One stage of one page, or of all, when it was: for a trace.
struct StageInTime {
  std::string_view name;  ///< static
  TimePoint begin;
  TimePoint end;
  int page = -1;  ///< from 0; negative: of the document
  int batch = 0;  ///< pages that were inferred together; 0: it is no inference
};

/// What an analysis did and how long it took, for the access log and the trace.
struct AnalyzeTimings {
  StageTimings stages;
  double render = 0;               ///< milliseconds
  int pages = 0;                   ///< that were analysed
  int regions = 0;                 ///< that were found on them
  std::vector<StageInTime> trace;  ///< empty unless it is asked for
};

/// An answer, before it becomes bytes. A plain value.
struct Response {
  int status = 200;
  std::string content_type;
  std::vector<Header> headers;  ///< besides Date, Content-Type, Content-Length and Connection
  std::string body;
  bool close = false;  ///< the connection is closed behind it

  std::string_view error_code;         ///< of a problem; empty for none; points to static memory
  std::optional<Rejection> rejection;  ///< when a limit refused it
  std::optional<AnalyzeTimings> timings;
  std::string_view cache;  ///< how the answer cache served it; empty without one; points to static memory
};

/// The head of `response` as it goes over the wire, up to and with the empty line. `date` is an IMF-fixdate; with
/// `keep_alive_10` it says "Connection: keep-alive", which HTTP/1.0 needs. Headers must not hold line breaks.
std::string HeadText(const Response& response, std::string_view date, bool keep_alive_10);

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string HttpDate(std::chrono::system_clock::time_point time);

}  // namespace doclayout::http
