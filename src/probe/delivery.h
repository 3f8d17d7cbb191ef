#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/http_client.h"

/// How messages reach a webhook. Pure functions, thread-safe.
namespace doclayout::probe {

enum class WebhookFormat { kSlack, kDingTalk };

/// "slack" or "dingtalk"; "auto": DingTalk for its own hosts, else Slack, whose form others take as well.
WebhookFormat FormatOf(const std::string& name, const std::string& url);

/// Where a message goes: for DingTalk with a secret, the URL signed for that time, which is good for an hour
/// (https://open.dingtalk.com/document/robots/customize-robot-security-settings). Nothing for what is no URL.
std::optional<std::string> SignedUrl(const std::string& url, const std::string& secret,
                                     std::chrono::system_clock::time_point now);

enum class Delivery {
  kDelivered,
  kTryAgain,
  kRefused,  ///< another try would have the same end
};

struct DeliveryReport {
  Delivery delivery = Delivery::kRefused;
  std::string reason;  ///< why it is not delivered
};

/// What an answer to a message means. DingTalk says 200 to what it does not take, and why in the body.
DeliveryReport ReadDelivery(WebhookFormat format, const client::Answer& answer);

struct RetryOptions {
  int attempts = 6;                                ///< of one message
  std::chrono::milliseconds backoff{1'000};        ///< before the second; twice as long before each further one
  std::chrono::milliseconds longest_wait{60'000};  ///< whatever a Retry-After says
};

/// How long to wait when `attempt` of them, from 1 on, have failed; nothing when that was the last one.
std::optional<std::chrono::milliseconds> WaitBeforeAttempt(int attempt, std::optional<std::chrono::seconds> retry_after,
                                                           const RetryOptions& options);

}  // namespace doclayout::probe
