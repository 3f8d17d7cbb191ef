// Any bytes as what a service answers to a probe, behind a byte that chooses the status, and what people are told of
// it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "probe/delivery.h"
#include "probe/message.h"
#include "probe/service_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace probe = doclayout::probe;
  constexpr std::array kStatuses = {200, 503, 504, 404};
  if (size == 0) return 0;
  const doclayout::client::Answer answer{.status = kStatuses.at(data[0] % kStatuses.size()),
                                         .body = {reinterpret_cast<const char*>(data + 1), size - 1}};
  const probe::Outcome outcome = probe::ReadDeepHealth(answer);
  if (outcome.checks.size() > probe::kMostChecks) std::abort();
  for (const auto& check : outcome.checks) {
    if (check.name.empty() || check.name.find_first_of("\"\\\n{}") != std::string::npos) std::abort();
  }
  if (probe::IsFailure(outcome.verdict) == probe::Failing(outcome).empty()) std::abort();
  // All of these throw on what is no JSON.
  static_cast<void>(nlohmann::json::parse(probe::ToJson(outcome)));
  const probe::Message message = probe::Describe({.outcome = outcome}, {.name = "a", .url = "http://b"}, {});
  const auto slack = nlohmann::json::parse(probe::SlackJson(message));
  if (slack.at("text").get<std::string>().find('<') != std::string::npos) std::abort();
  static_cast<void>(nlohmann::json::parse(probe::DingTalkJson(message)));
  probe::ReadStartUp(answer);
  probe::ReadDelivery(probe::WebhookFormat::kDingTalk, answer);
  return 0;
}
