#include "probe/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/testing/scripted_server.h"
#include "base/testing/test_pipe.h"

namespace doclayout::probe {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WebhookTest : public testing::Test {
 protected:
  std::unique_ptr<Webhook> To(Webhook::Options options) {
    return std::move(*Webhook::Start(std::move(options), metrics_.webhooks, logger_));
  }
  /// The log's next line that holds this.
  std::string Logged(std::string_view event) {
    std::string line = pipe_.ReadLine();
    while (!line.empty() && line.find(event) == std::string::npos) line = pipe_.ReadLine();
    return line;
  }

  const Message message_{.title = "it is unhealthy", .since = "Since then."};
  TestPipe pipe_;
  Logger logger_{LogLevel::kInfo, pipe_.writing_end()};
  metrics::Registry registry_;
  ProbeMetrics metrics_{registry_};
};

TEST_F(WebhookTest, DeliversMessages) {
  ScriptedServer server({{HttpAnswer("200 OK", "ok")}});
  const auto webhook = To({.url = server.url() + "/services/secret"});

  webhook->Send(message_);

  EXPECT_THAT(Logged("webhook_delivered"), AllOf(HasSubstr(server.url()), Not(HasSubstr("secret"))));
  EXPECT_EQ(metrics_.webhooks.delivered.Value(), 1U);
  EXPECT_THAT(server.Requests().at(0),
              AllOf(StartsWith("POST /services/secret "), HasSubstr("\r\n\r\n{\"text\":\"*it is unhealthy*")));
}

TEST_F(WebhookTest, SpeaksDingTalkAndSigns) {
  ScriptedServer server({{HttpAnswer("200 OK", R"({"errcode":0})")}});
  const auto webhook =
      To({.url = server.url() + "/send?access_token=t", .format = WebhookFormat::kDingTalk, .secret = "SEC1"});

  webhook->Send(message_);

  EXPECT_NE(Logged("webhook_delivered"), "");
  EXPECT_THAT(server.Requests().at(0), AllOf(StartsWith("POST /send?access_token=t&timestamp="), HasSubstr("&sign="),
                                             HasSubstr(R"({"msgtype":"markdown")")));
}

TEST_F(WebhookTest, TriesAgain) {
  ScriptedServer server({{HttpAnswer("500 Oh", "no")}, {""}, {HttpAnswer("200 OK", "ok")}});
  const auto webhook = To({.url = server.url() + "/secret", .retry = {.backoff = milliseconds(1)}});

  webhook->Send(message_);

  EXPECT_THAT(Logged("webhook_retry"), AllOf(HasSubstr("it answered 500: no"), Not(HasSubstr("secret"))));
  EXPECT_THAT(Logged("webhook_delivered"), HasSubstr("\"attempt\":3"));
  EXPECT_EQ(metrics_.webhooks.delivered.Value(), 1U);
  EXPECT_EQ(metrics_.webhooks.failed.Value(), 0U);
}

TEST_F(WebhookTest, GivesUpAndSaysSo) {
  ScriptedServer server({{HttpAnswer("503 Busy", "")}, {HttpAnswer("503 Busy", "")}, {HttpAnswer("404 Gone", "")}});
  const auto webhook = To({.url = server.url() + "/secret", .retry = {.attempts = 2, .backoff = milliseconds(1)}});

  webhook->Send(message_);
  webhook->Send(message_);

  EXPECT_THAT(Logged("webhook_failed"), AllOf(HasSubstr("\"attempt\":2"), HasSubstr("503"), Not(HasSubstr("secret"))));
  EXPECT_THAT(Logged("webhook_failed"), AllOf(HasSubstr("\"attempt\":1"), HasSubstr("404")));
  EXPECT_EQ(metrics_.webhooks.failed.Value(), 2U);
}

TEST_F(WebhookTest, WhoSendsIsNotHeldUpAndTheLatestMessagesCount) {
  std::promise<void> asked;
  ScriptedServer server({{.answer = "", .before = [&asked] { asked.set_value(); }, .hold = true}});
  auto webhook = To({.url = server.url(), .timeout = std::chrono::hours(1), .capacity = 2});
  webhook->Send(message_);
  asked.get_future().wait();

  for (int i = 0; i < 3; ++i) webhook->Send(message_);

  EXPECT_EQ(metrics_.webhooks.dropped.Value(), 1U);
  EXPECT_THAT(Logged("webhook_dropped"), HasSubstr("too many wait"));
  webhook.reset();
  EXPECT_THAT(Logged("webhook_dropped"), HasSubstr("the process ended"));
  EXPECT_EQ(metrics_.webhooks.dropped.Value() + metrics_.webhooks.failed.Value(), 4U);
}

TEST_F(WebhookTest, EndsInTheMiddleOfAPause) {
  ScriptedServer server({{HttpAnswer("503 Busy", "")}});
  auto webhook =
      To({.url = server.url(), .retry = {.backoff = std::chrono::hours(1), .longest_wait = std::chrono::hours(1)}});
  webhook->Send(message_);
  ASSERT_NE(Logged("webhook_retry"), "");

  webhook.reset();

  EXPECT_EQ(metrics_.webhooks.dropped.Value(), 1U);
}

TEST_F(WebhookTest, NeedsAUrl) {
  const auto webhook = Webhook::Start({.url = "http://secret:99999/"}, metrics_.webhooks, logger_);

  ASSERT_FALSE(webhook);
  EXPECT_EQ(webhook.error().code, ErrorCode::kBadParameter);
  EXPECT_THAT(webhook.error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace doclayout::probe
