#include "probe/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace doclayout::probe {
namespace {

using health::Status;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::chrono::system_clock::time_point kNow{seconds(1'767'323'045)};  // 2026-01-02 03:04:05

const Instance kInstance{.name = "layout-0", .url = "http://127.0.0.1:8000"};

Notice Failing(Notice::Kind kind = Notice::Kind::kAlarm) {
  return {.kind = kind,
          .outcome = {.verdict = Verdict::kUnhealthy,
                      .http_status = 503,
                      .checks = {{.name = "inference_speed", .status = Status::kWarning, .details = "6.1 s"},
                                 {.name = "gpu_temperature", .status = Status::kHealthy, .details = "60 C"},
                                 {.name = "detection_accuracy",
                                  .status = Status::kUnhealthy,
                                  .details = "3 of 14 regions found"}}},
          .lasted = seconds(90)};
}

TEST(Message, SaysWhoWhatSinceWhenAndWhereToLook) {
  const Message message = Describe(Failing(), kInstance, kNow);

  EXPECT_EQ(message.title, "layout-0 is unhealthy");
  EXPECT_THAT(message.facts,
              ElementsAre("detection_accuracy (unhealthy): 3 of 14 regions found", "inference_speed (warning): 6.1 s"));
  EXPECT_EQ(message.since, "Since 2026-01-02 03:02:35 UTC (1 min).");
  EXPECT_THAT(message.advice, ElementsAre(HasSubstr("/version"), StartsWith("http://127.0.0.1:8000/deep-health")));
}

TEST(Message, OfAServiceThatCannotBeAskedSaysWhy) {
  const Message message =
      Describe({.outcome = {.reason = "Connection refused"}, .lasted = seconds(30)}, kInstance, kNow);

  EXPECT_EQ(message.title, "layout-0 cannot be asked");
  EXPECT_THAT(message.facts, ElementsAre("unreachable: Connection refused"));
  EXPECT_THAT(message.advice.at(0), HasSubstr("whether the process runs"));
}

TEST(Message, TitlesTellTheKindsApart) {
  EXPECT_EQ(Describe(Failing(Notice::Kind::kChanged), kInstance, kNow).title, "layout-0 fails in another way now");
  EXPECT_EQ(Describe(Failing(Notice::Kind::kReminder), kInstance, kNow).title, "layout-0 is still unhealthy");
}

TEST(Message, OfARecoverySaysHowLongItLasted) {
  const Message message =
      Describe({.kind = Notice::Kind::kRecovery, .outcome = {.verdict = Verdict::kHealthy}, .lasted = minutes(125)},
               kInstance, kNow);

  EXPECT_EQ(message.title, "layout-0 is well again");
  EXPECT_EQ(message.since, "It failed for 2 h 5 min.");
  EXPECT_THAT(message.facts, IsEmpty());
  EXPECT_THAT(message.advice, IsEmpty());
}

TEST(Message, SpellsTimes) {
  const auto since = [](Duration lasted) {
    return Describe({.kind = Notice::Kind::kRecovery, .lasted = lasted}, kInstance, kNow).since;
  };

  EXPECT_EQ(since(seconds(59)), "It failed for 59 s.");
  EXPECT_EQ(since(minutes(59)), "It failed for 59 min.");
  EXPECT_EQ(since(hours(23)), "It failed for 23 h 0 min.");
  EXPECT_EQ(since(hours(50)), "It failed for 2 d 2 h.");
  EXPECT_EQ(since(seconds(-1)), "It failed for 0 s.");
}

TEST(Message, IsShortWhateverFails) {
  Notice notice = Failing();
  notice.outcome.checks.clear();
  for (int i = 0; i < 30; ++i) {
    notice.outcome.checks.push_back({.name = "check" + std::to_string(i), .status = Status::kUnhealthy});
  }

  const Message message = Describe(notice, kInstance, kNow);

  EXPECT_THAT(message.facts, SizeIs(11));
  EXPECT_EQ(message.facts.back(), "and 20 more");
  EXPECT_THAT(message.advice, SizeIs(2));
}

TEST(SlackJson, IsText) {
  const auto json = nlohmann::json::parse(SlackJson(Describe(Failing(), kInstance, kNow)));

  EXPECT_THAT(json, SizeIs(1));
  EXPECT_THAT(json.at("text"),
              AllOf(StartsWith("*layout-0 is unhealthy*\n"), HasSubstr("\n• inference_speed (warning): 6.1 s\n"),
                    HasSubstr("Since 2026-01-02"), HasSubstr("Look at:")));
}

TEST(SlackJson, NothingInItCallsAnybody) {
  Notice notice = Failing();
  notice.outcome.checks = {{.name = "a", .status = Status::kUnhealthy, .details = "<!channel> <@U1> & \n*Since* \xff"}};

  const auto json = nlohmann::json::parse(SlackJson(Describe(notice, kInstance, kNow)));

  EXPECT_THAT(json.at("text"),
              AllOf(HasSubstr("&lt;!channel&gt; &lt;@U1&gt; &amp;  *Since* \xef\xbf\xbd"), Not(HasSubstr("<"))));
}

TEST(DingTalkJson, IsMarkdown) {
  const auto json = nlohmann::json::parse(DingTalkJson(Describe(Failing(), kInstance, kNow)));

  EXPECT_EQ(json.at("msgtype"), "markdown");
  EXPECT_EQ(json.at("markdown").at("title"), "layout-0 is unhealthy");
  EXPECT_THAT(json.at("markdown").at("text"),
              AllOf(StartsWith("### layout-0 is unhealthy\n\n- detection_accuracy (unhealthy): 3 of 14"),
                    HasSubstr("\n\nSince 2026-01-02"), HasSubstr("Look at:\n\n- ")));
}

TEST(DingTalkJson, WhatTheServiceSaidIsNoMarkdown) {
  Notice notice = Failing();
  notice.outcome.checks = {{.name = "a", .status = Status::kUnhealthy, .details = "[click](http://x)\n# <b>"}};

  const auto json = nlohmann::json::parse(DingTalkJson(Describe(notice, kInstance, kNow)));

  EXPECT_THAT(json.at("markdown").at("text"), HasSubstr("\\[click\\](http://x) \\# \\<b\\>"));
}

}  // namespace
}  // namespace doclayout::probe
