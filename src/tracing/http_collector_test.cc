#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/testing/scripted_server.h"
#include "tracing/collector.h"

namespace doclayout::tracing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HttpCollectorTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  }

  static std::unique_ptr<Collector> To(const ScriptedServer& server, Headers headers = {},
                                       milliseconds timeout = hours(1)) {
    auto collector =
        ConnectLater({.url = server.url() + "/v1/traces", .headers = std::move(headers), .timeout = timeout});
    return collector ? std::move(*collector) : nullptr;
  }
};

TEST_F(HttpCollectorTest, PostsJsonWithTheHeadersItWasTold) {
  ScriptedServer server({{HttpAnswer("200 OK", "{}")}});

  const Answer answer = To(server, {{"api-key", "secret"}, {"empty", ""}})->Post(R"({"resourceSpans":[]})");

  EXPECT_TRUE(answer.good());
  EXPECT_EQ(answer.body, "{}");
  EXPECT_THAT(server.Requests().at(0),
              AllOf(StartsWith("POST /v1/traces HTTP/1.1\r\n"), HasSubstr("\r\nContent-Type: application/json\r\n"),
                    HasSubstr("\r\napi-key: secret\r\n"), HasSubstr("\r\nempty:\r\n"),
                    EndsWith("\r\n\r\n{\"resourceSpans\":[]}")));
}

TEST_F(HttpCollectorTest, KeepsItsConnection) {
  ScriptedServer server({{.answer = HttpAnswer("200 OK", ""), .keep = true}, {.answer = HttpAnswer("200 OK", "")}});
  const auto collector = To(server);

  EXPECT_TRUE(collector->Post("1").good());
  EXPECT_TRUE(collector->Post("2").good());
}

TEST_F(HttpCollectorTest, TellsTheStatusAndForHowLongToWait) {
  ScriptedServer server({{HttpAnswer("503 Busy", "later", "Retry-After: 7\r\n")},
                         {HttpAnswer("429 Busy", "", "Retry-After: 99999999999\r\n")},
                         {HttpAnswer("301 Elsewhere", "", "Location: http://127.0.0.1:1/\r\n")}});
  const auto collector = To(server);

  const Answer busy = collector->Post("{}");
  const Answer long_busy = collector->Post("{}");
  const Answer moved = collector->Post("{}");

  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.body, "later");
  EXPECT_EQ(busy.retry_after, seconds(7));
  EXPECT_EQ(long_busy.retry_after, hours(24));
  EXPECT_EQ(moved.status, 301);
  EXPECT_FALSE(moved.good());
}

TEST_F(HttpCollectorTest, FaultsOfTheConnectionMayPass) {
  std::string gone;
  {
    ScriptedServer server({{""}});
    const Answer cut = To(server)->Post("{}");
    EXPECT_EQ(cut.status, 0);
    EXPECT_TRUE(cut.may_pass);
    gone = server.url() + "/v1/traces";
  }

  const Answer refused = (*ConnectLater({.url = gone, .headers = {}}))->Post("{}");

  EXPECT_EQ(refused.status, 0);
  EXPECT_TRUE(refused.may_pass);
  EXPECT_THAT(refused.fault, HasSubstr("connect"));
}

TEST_F(HttpCollectorTest, GivesUpACollectorThatStaysSilent) {
  ScriptedServer server({{.answer = "", .hold = true}});

  const Answer answer = To(server, {}, milliseconds(50))->Post("{}");

  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.may_pass);
  EXPECT_THAT(answer.fault, HasSubstr("timed out"));
}

TEST_F(HttpCollectorTest, ARequestThatIsAbandonedEndsAtOnce) {
  Collector* abandoned = nullptr;
  ScriptedServer server({{.answer = "", .before = [&abandoned] { abandoned->Abandon(); }, .hold = true}});
  const auto collector = To(server);
  abandoned = collector.get();

  const Answer answer = collector->Post("{}");

  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.may_pass);
  EXPECT_FALSE(collector->Post("{}").may_pass);
}

TEST_F(HttpCollectorTest, TakesOnlyUrlsOfHttp) {
  for (const char* url : {"", "localhost:4318", "ftp://host/", "file:///etc/passwd", "http://", "http://host:99999/"}) {
    const auto collector = ConnectLater({.url = url, .headers = {}});

    ASSERT_FALSE(collector) << url;
    EXPECT_EQ(collector.error().code, ErrorCode::kBadParameter) << url;
  }
}

}  // namespace
}  // namespace doclayout::tracing
