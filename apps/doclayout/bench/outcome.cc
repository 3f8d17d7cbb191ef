#include "bench/outcome.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace doclayout::bench {
namespace {

constexpr std::size_t kMostDetail = 300;

struct Names {
  std::string_view name;
  std::string_view title;
};

/// In the order of `Outcome`.
constexpr std::array<Names, kOutcomes> kNames = {{{"ok", "ok"},
                                                  {"refused", "refused"},
                                                  {"expired", "expired"},
                                                  {"client_error", "other 4xx"},
                                                  {"server_error", "other 5xx"},
                                                  {"other", "other status"},
                                                  {"connection_failed", "connection failed"},
                                                  {"reset", "connection reset"},
                                                  {"timeout", "timeout"},
                                                  {"not_sent", "not sent"},
                                                  {"unfinished", "unfinished"}}};
static_assert(static_cast<std::size_t>(Outcome::kUnfinished) + 1 == kOutcomes);

/// Cut between characters of UTF-8, not within one.
std::string CutToBytes(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  text.resize(most);
  return text + "…";
}

}  // namespace

bool IsAnswered(Outcome outcome) {
  return outcome <= Outcome::kOther;
}

std::string_view OutcomeName(Outcome outcome) {
  return kNames.at(static_cast<std::size_t>(outcome)).name;
}

std::string_view OutcomeTitle(Outcome outcome) {
  return kNames.at(static_cast<std::size_t>(outcome)).title;
}

Outcome OutcomeOfStatus(long status, bool has_retry_after) {
  if (status >= 200 && status < 300) return Outcome::kOk;
  if (status == 429 || (status == 503 && has_retry_after)) return Outcome::kRefused;
  if (status == 504) return Outcome::kExpired;
  if (status >= 400 && status < 500) return Outcome::kClientError;
  if (status >= 500 && status < 600) return Outcome::kServerError;
  return Outcome::kOther;
}

std::string DetailOf(std::string_view body) {
  using nlohmann::json;
  std::string text(body);
  const json problem = json::parse(body, nullptr, false);
  if (problem.is_object() && problem.contains("detail")) {
    const json& detail = problem["detail"];
    text = detail.is_string() ? detail.get<std::string>() : detail.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  std::replace_if(
      text.begin(), text.end(), [](char letter) { return letter == '\n' || letter == '\r' || letter == '\t'; }, ' ');
  return CutToBytes(std::move(text), kMostDetail);
}

}  // namespace doclayout::bench
