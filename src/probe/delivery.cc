#include "probe/delivery.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace doclayout::probe {
namespace {

constexpr std::string_view kDingTalkDomain = "dingtalk.com";
constexpr std::size_t kExcerpt = 200;

std::string Sign(const std::string& text, const std::string& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return {base64.begin(), base64.begin() + length};
}

/// DingTalk's own verdict.
DeliveryReport ReadDingTalk(const std::string& body) {
  constexpr int kBusy = -1;
  constexpr int kTooFast = 130101;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto code = json.is_object() ? json.find("errcode") : json.end();
  if (code == json.end() || !code->is_number_integer()) {
    return {Delivery::kRefused, "it answered 200, and not as DingTalk does"};
  }
  const auto number = code->get<long long>();
  if (number == 0) return {Delivery::kDelivered, ""};
  const auto message = json.find("errmsg");
  const std::string said = message != json.end() && message->is_string() ? message->get<std::string>() : "";
  return {number == kBusy || number == kTooFast ? Delivery::kTryAgain : Delivery::kRefused,
          fmt::format("it answered errcode {}: {}", number, said.substr(0, kExcerpt))};
}

}  // namespace

WebhookFormat FormatOf(const std::string& name, const std::string& url) {
  if (name == "slack") return WebhookFormat::kSlack;
  if (name == "dingtalk") return WebhookFormat::kDingTalk;
  const std::string host = client::HostOf(url);
  const bool dingtalk = host == kDingTalkDomain || host.ends_with("." + std::string(kDingTalkDomain));
  return dingtalk ? WebhookFormat::kDingTalk : WebhookFormat::kSlack;
}

std::optional<std::string> SignedUrl(const std::string& url, const std::string& secret,
                                     std::chrono::system_clock::time_point now) {
  if (secret.empty()) return url;
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const std::string timestamp = std::to_string(duration_cast<milliseconds>(now.time_since_epoch()).count());
  const auto stamped = client::WithParameter(url, "timestamp", timestamp);
  if (!stamped) return std::nullopt;
  return client::WithParameter(*stamped, "sign", Sign(timestamp + "\n" + secret, secret));
}

DeliveryReport ReadDelivery(WebhookFormat format, const client::Answer& answer) {
  if (answer.status == 0) return {answer.may_pass ? Delivery::kTryAgain : Delivery::kRefused, answer.fault};
  const bool good = answer.status >= 200 && answer.status < 300;
  if (good && format == WebhookFormat::kDingTalk) return ReadDingTalk(answer.body);
  if (good) return {Delivery::kDelivered, ""};
  const std::string said = answer.body.substr(0, kExcerpt);
  const bool later = answer.status == 408 || answer.status == 429 || answer.status >= 500;
  return {later ? Delivery::kTryAgain : Delivery::kRefused,
          fmt::format("it answered {}{}{}", answer.status, said.empty() ? "" : ": ", said)};
}

std::optional<std::chrono::milliseconds> WaitBeforeAttempt(int attempt, std::optional<std::chrono::seconds> retry_after,
                                                           const RetryOptions& options) {
  using std::chrono::milliseconds;
  if (attempt >= options.attempts) return std::nullopt;
  constexpr int kMostDoublings = 16;
  const milliseconds backoff = options.backoff * (1LL << std::min(attempt - 1, kMostDoublings));
  const milliseconds asked = retry_after ? milliseconds(*retry_after) : milliseconds(0);
  return std::min(std::max(backoff, asked), options.longest_wait);
}

}  // namespace doclayout::probe
