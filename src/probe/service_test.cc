#include "probe/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/scripted_server.h"

namespace doclayout::probe {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kHealthy = R"({"status": "healthy", "checks": []})";

std::unique_ptr<Service> To(Service::Options options) {
  static const SteadyClock kClock;
  auto service = Service::Create(std::move(options), kClock);
  return service ? std::move(*service) : nullptr;
}

TEST(Service, AsksForTheGoldenPage) {
  ScriptedServer server({{HttpAnswer("200 OK", kHealthy)}});

  const Outcome outcome = To({.url = server.url() + "/"})->AskDeepHealth();

  EXPECT_EQ(outcome.verdict, Verdict::kHealthy);
  EXPECT_GT(outcome.took, Duration(0));
  EXPECT_THAT(server.Requests().at(0),
              AllOf(StartsWith("GET /deep-health HTTP/1.1\r\n"), Not(HasSubstr("Authorization"))));
}

TEST(Service, SendsAPageAndAKey) {
  ScriptedServer server({{HttpAnswer("200 OK", kHealthy)}, {HttpAnswer("200 OK", kHealthy)}});
  const auto service = To({.url = server.url(), .page = std::string("page\0", 5), .api_key = "key"});

  EXPECT_EQ(service->AskDeepHealth().verdict, Verdict::kHealthy);
  EXPECT_EQ(service->AskStartUp().state, StartState::kStarted);

  EXPECT_THAT(
      server.Requests().at(0),
      AllOf(StartsWith("POST /deep-health HTTP/1.1\r\n"), HasSubstr("\r\nAuthorization: Bearer key\r\n"),
            HasSubstr("\r\nContent-Type: application/json\r\n"), EndsWith("\r\n\r\n{\"image\": \"cGFnZQA=\"}")));
  EXPECT_THAT(server.Requests().at(1),
              AllOf(StartsWith("GET /startupz HTTP/1.1\r\n"), HasSubstr("\r\nAuthorization: Bearer key\r\n")));
}

TEST(Service, PagesOfEveryLengthAreBase64) {
  ScriptedServer server({{HttpAnswer("200 OK", kHealthy)}, {HttpAnswer("200 OK", kHealthy)}});

  To({.url = server.url(), .page = "a"})->AskDeepHealth();
  To({.url = server.url(), .page = "abc"})->AskDeepHealth();

  EXPECT_THAT(server.Requests().at(0), EndsWith("{\"image\": \"YQ==\"}"));
  EXPECT_THAT(server.Requests().at(1), EndsWith("{\"image\": \"YWJj\"}"));
}

TEST(Service, DoesNotWaitForWhatHangs) {
  ScriptedServer server({{.answer = "", .hold = true}});

  const Outcome outcome = To({.url = server.url(), .timeout = milliseconds(50)})->AskDeepHealth();

  EXPECT_EQ(outcome.verdict, Verdict::kUnreachable);
  EXPECT_EQ(outcome.reason, "it did not answer in time");
}

TEST(Service, FollowsNoRedirect) {
  ScriptedServer server({{HttpAnswer("302 Found", "", "Location: http://127.0.0.1:1/\r\n")}});

  EXPECT_THAT(To({.url = server.url()})->AskDeepHealth().reason, HasSubstr("302"));
}

TEST(Service, ACallThatIsAbandonedEndsAtOnce) {
  Service* abandoned = nullptr;
  ScriptedServer server({{.answer = "", .before = [&abandoned] { abandoned->Abandon(); }, .hold = true}});
  const auto service = To({.url = server.url(), .timeout = std::chrono::hours(1)});
  abandoned = service.get();

  EXPECT_EQ(service->AskDeepHealth().verdict, Verdict::kUnreachable);
}

TEST(Service, NeedsAUrl) {
  EXPECT_EQ(To({.url = "http://host:99999"}), nullptr);
}

}  // namespace
}  // namespace doclayout::probe
