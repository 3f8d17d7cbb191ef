#include "http/middleware/trace_context.h"

#include <algorithm>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

bool IsLowerHexText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsLowerHex);
}

bool IsAllZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> TraceIdOf(std::string_view traceparent) {
  // version "-" trace-id "-" parent-id "-" flags; a version above 00 may add "-" and more.
  constexpr std::size_t kLength = 2 + 1 + 32 + 1 + 16 + 1 + 2;
  if (traceparent.size() < kLength) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace = traceparent.substr(3, 32);
  const std::string_view parent = traceparent.substr(36, 16);
  const std::string_view flags = traceparent.substr(53, 2);
  const bool dashes = traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-';
  const bool hexadecimal =
      IsLowerHexText(version) && IsLowerHexText(trace) && IsLowerHexText(parent) && IsLowerHexText(flags);
  const bool length = traceparent.size() == kLength || (version != "00" && traceparent[kLength] == '-');
  if (!dashes || !hexadecimal || !length || version == "ff" || IsAllZero(trace) || IsAllZero(parent)) {
    return std::nullopt;
  }
  return trace;
}

std::optional<Problem> TraceContextMiddleware::OnRequest(Exchange& exchange) {
  if (const auto traceparent = exchange.head.Find("traceparent"); traceparent) {
    exchange.trace_id = TraceIdOf(*traceparent).value_or("");
  }
  return std::nullopt;
}

}  // namespace doclayout::http
