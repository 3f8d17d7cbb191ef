#include "client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/testing/scripted_server.h"

namespace doclayout::client {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  }
  void TearDown() override { SetUp(); }

  static Request To(const ScriptedServer& server) { return {.url = server.url() + "/path", .timeout = hours(1)}; }

  const std::unique_ptr<HttpClient> client_ = std::move(*HttpClient::Create());
};

TEST_F(HttpClientTest, Gets) {
  ScriptedServer server({{HttpAnswer("200 OK", "{}")}});
  Request request = To(server);
  request.headers = {{"Authorization", "Bearer key"}};

  const Answer answer = client_->Send(request);

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_THAT(server.Requests().at(0),
              AllOf(StartsWith("GET /path HTTP/1.1\r\n"), HasSubstr("\r\nAuthorization: Bearer key\r\n"),
                    Not(HasSubstr("Content-Type"))));
}

TEST_F(HttpClientTest, PostsLargeBodiesWithoutAsking) {
  ScriptedServer server({{HttpAnswer("200 OK", "")}});
  const std::string body(2 << 20, ' ');
  Request request = To(server);
  request.body = &body;

  EXPECT_EQ(client_->Send(request).status, 200);

  EXPECT_THAT(server.Requests().at(0),
              AllOf(StartsWith("POST /path HTTP/1.1\r\n"), HasSubstr("\r\nContent-Type: application/json\r\n"),
                    EndsWith("\r\n\r\n" + body), Not(HasSubstr("Expect"))));
}

TEST_F(HttpClientTest, ReadsNoMoreOfAnAnswerThanItIsTold) {
  ScriptedServer server({{HttpAnswer("200 OK", std::string(1 << 20, 'x'))}});
  Request request = To(server);
  request.longest_answer = 1000;

  const Answer answer = client_->Send(request);

  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, SizeIs(1000));
}

TEST_F(HttpClientTest, AConnectionOfItsOwnIsNotKept) {
  // Behind the first answer it waits for the connection's end: a second request on it would have no answer.
  ScriptedServer server({{.answer = HttpAnswer("200 OK", "1"), .hold = true}, {.answer = HttpAnswer("200 OK", "2")}});
  Request request = To(server);
  request.fresh_connection = true;
  request.timeout = std::chrono::seconds(10);

  EXPECT_EQ(client_->Send(request).body, "1");
  EXPECT_EQ(client_->Send(request).body, "2");
}

TEST_F(HttpClientTest, SaysWhenTheTimeWasUp) {
  ScriptedServer server({{.answer = "", .hold = true}});
  Request request = To(server);
  request.timeout = milliseconds(50);

  const Answer answer = client_->Send(request);

  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.timed_out);
  EXPECT_TRUE(answer.may_pass);
}

TEST_F(HttpClientTest, ARequestThatIsAbandonedEndsAtOnce) {
  ScriptedServer server({{.answer = "", .before = [this] { client_->Abandon(); }, .hold = true}});

  const Answer answer = client_->Send(To(server));

  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.timed_out);
  EXPECT_FALSE(answer.may_pass);
}

TEST_F(HttpClientTest, GoesRoundAProxyWhenItIsTold) {
  ScriptedServer server({{HttpAnswer("200 OK", "direct")}});
  setenv("http_proxy", "http://127.0.0.1:1/", 1);
  Request request = To(server);
  request.proxies = false;

  EXPECT_EQ(client_->Send(request).body, "direct");
}

TEST_F(HttpClientTest, TakesAProxyFromTheEnvironment) {
  ScriptedServer proxy({{HttpAnswer("200 OK", "by the proxy")}});
  setenv("http_proxy", proxy.url().c_str(), 1);

  EXPECT_EQ(client_->Send({.url = "http://elsewhere.invalid/"}).body, "by the proxy");
}

TEST(Url, IsOneOfHttp) {
  EXPECT_TRUE(IsUrl("http://localhost:8000"));
  for (const char* url : {"", "localhost:4318", "ftp://host/", "file:///etc/passwd", "http://", "http://host:99999/"}) {
    EXPECT_FALSE(IsUrl(url)) << url;
  }
}

TEST(Url, IsPrintedWithoutSecrets) {
  EXPECT_EQ(PrintableUrl("https://someone:secret@host:81/v1/traces?key=secret#secret"), "https://host:81/v1/traces");
  EXPECT_EQ(PrintableHost("https://someone:secret@host:81/secret?key=secret#secret"), "https://host:81");
  EXPECT_EQ(PrintableUrl("::secret"), "no URL");
  EXPECT_EQ(PrintableHost("::secret"), "no URL");
}

TEST(Url, HasAHost) {
  EXPECT_EQ(HostOf("https://oapi.dingtalk.com/robot/send?access_token=1"), "oapi.dingtalk.com");
  EXPECT_EQ(HostOf("nothing"), "");
}

TEST(Url, TakesAnotherParameter) {
  EXPECT_EQ(WithParameter("https://host/send?a=b", "sign", "x+/y z="), "https://host/send?a=b&sign=x%2b%2fy+z%3d");
  EXPECT_EQ(WithParameter("https://host/send", "n", "1"), "https://host/send?n=1");
  EXPECT_EQ(WithParameter("no", "n", "1"), std::nullopt);
}

}  // namespace
}  // namespace doclayout::client
