#include "probe/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

DeliveryReport Slack(int status, std::string body = "") {
  return ReadDelivery(WebhookFormat::kSlack, {.status = status, .body = std::move(body)});
}

DeliveryReport DingTalk(std::string body) {
  return ReadDelivery(WebhookFormat::kDingTalk, {.status = 200, .body = std::move(body)});
}

TEST(WebhookFormat, IsToldFromTheHost) {
  EXPECT_EQ(FormatOf("auto", "https://oapi.dingtalk.com/robot/send?access_token=1"), WebhookFormat::kDingTalk);
  EXPECT_EQ(FormatOf("auto", "https://hooks.slack.com/services/T/B/X"), WebhookFormat::kSlack);
  EXPECT_EQ(FormatOf("auto", "https://notdingtalk.com/"), WebhookFormat::kSlack);
  EXPECT_EQ(FormatOf("auto", "http://chat.example/dingtalk.com"), WebhookFormat::kSlack);
}

TEST(WebhookFormat, CanBeAskedFor) {
  EXPECT_EQ(FormatOf("dingtalk", "http://relay.example/"), WebhookFormat::kDingTalk);
  EXPECT_EQ(FormatOf("slack", "https://oapi.dingtalk.com/"), WebhookFormat::kSlack);
}

TEST(SignedUrl, HasTimeAndSignature) {
  // python3: base64(hmac_sha256(key=b"SECabc", b"1700000000123\nSECabc")), percent-encoded
  EXPECT_EQ(
      SignedUrl("https://h/send?access_token=t", "SECabc",
                std::chrono::system_clock::time_point(milliseconds(1'700'000'000'123))),
      "https://h/send?access_token=t&timestamp=1700000000123&sign=IqXBU%2faLfwMA3S%2ftDcfRmHx5vWHw9Y1aOgFLBr1Ti9w%3d");
}

TEST(SignedUrl, IsTheUrlItselfWithoutASecret) {
  EXPECT_EQ(SignedUrl("https://h/send", "", {}), "https://h/send");
}

TEST(Delivery, IsWhatAGoodStatusSays) {
  EXPECT_EQ(Slack(200, "ok").delivery, Delivery::kDelivered);
  EXPECT_EQ(Slack(204).delivery, Delivery::kDelivered);
}

TEST(Delivery, IsTriedAgainWhereThatMayHelp) {
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_EQ(Slack(status).delivery, Delivery::kTryAgain);
  EXPECT_EQ(ReadDelivery(WebhookFormat::kSlack, {.fault = "refused", .may_pass = true}).delivery, Delivery::kTryAgain);
}

TEST(Delivery, IsRefusedWhereNothingWouldHelp) {
  for (const int status : {301, 400, 403, 404, 410}) EXPECT_EQ(Slack(status).delivery, Delivery::kRefused);
  EXPECT_EQ(ReadDelivery(WebhookFormat::kSlack, {.fault = "no such certificate"}).delivery, Delivery::kRefused);
  EXPECT_EQ(Slack(403, "invalid_token").reason, "it answered 403: invalid_token");
}

TEST(Delivery, ToDingTalkIsWhatItsBodySays) {
  EXPECT_EQ(DingTalk(R"({"errcode":0,"errmsg":"ok"})").delivery, Delivery::kDelivered);
  EXPECT_EQ(DingTalk(R"({"errcode":-1,"errmsg":"busy"})").delivery, Delivery::kTryAgain);
  EXPECT_EQ(DingTalk(R"({"errcode":130101,"errmsg":"send too fast"})").delivery, Delivery::kTryAgain);
  EXPECT_EQ(DingTalk(R"({"errcode":310000,"errmsg":"sign not match"})").delivery, Delivery::kRefused);
  EXPECT_THAT(DingTalk(R"({"errcode":310000,"errmsg":"sign not match"})").reason, HasSubstr("310000: sign not match"));
  EXPECT_EQ(DingTalk("ok").delivery, Delivery::kRefused);
  EXPECT_EQ(DingTalk("[]").delivery, Delivery::kRefused);
}

TEST(Retry, WaitsLongerEachTimeAndGivesUp) {
  const RetryOptions options{.attempts = 4, .backoff = milliseconds(100), .longest_wait = milliseconds(300)};

  EXPECT_EQ(WaitBeforeAttempt(1, std::nullopt, options), milliseconds(100));
  EXPECT_EQ(WaitBeforeAttempt(2, std::nullopt, options), milliseconds(200));
  EXPECT_EQ(WaitBeforeAttempt(3, std::nullopt, options), milliseconds(300));
  EXPECT_EQ(WaitBeforeAttempt(4, std::nullopt, options), std::nullopt);
}

TEST(Retry, WaitsAsItIsAskedTo) {
  EXPECT_EQ(WaitBeforeAttempt(1, seconds(7), {}), seconds(7));
  EXPECT_EQ(WaitBeforeAttempt(1, seconds(9999), {}), seconds(60));
}

}  // namespace
}  // namespace doclayout::probe
