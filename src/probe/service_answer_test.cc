#include "probe/service_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::probe {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

client::Answer Answer(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

client::Answer Problem(int status, const std::string& code) {
  return Answer(status, R"({"type": "about:blank", "status": 1, "code": ")" + code + R"(", "detail": "for a reason"})");
}

Verdict VerdictOf(const client::Answer& answer) {
  return ReadDeepHealth(answer).verdict;
}

TEST(DeepHealth, IsWhatTheReportSays) {
  const Outcome outcome = ReadDeepHealth(Answer(200, R"({"status": "warning", "checks": [
      {"name": "inference_speed", "status": "warning", "details": "6.1 s", "value": 6.1, "unit": "s"},
      {"name": "detection_accuracy", "status": "healthy", "details": "all there"}]})"));

  EXPECT_EQ(outcome.verdict, Verdict::kWarning);
  EXPECT_EQ(outcome.http_status, 200);
  ASSERT_THAT(outcome.checks, SizeIs(2));
  EXPECT_EQ(outcome.checks[0].name, "inference_speed");
  EXPECT_EQ(outcome.checks[0].status, health::Status::kWarning);
  EXPECT_EQ(outcome.checks[0].details, "6.1 s");
  EXPECT_EQ(outcome.checks[0].value, 6.1);
  EXPECT_EQ(outcome.checks[0].unit, "s");
  EXPECT_EQ(outcome.checks[1].value, std::nullopt);
}

TEST(DeepHealth, IsAsBadAsTheWorseOfStatusAndReport) {
  EXPECT_EQ(VerdictOf(Answer(200, R"({"status": "healthy", "checks": []})")), Verdict::kHealthy);
  EXPECT_EQ(VerdictOf(Answer(200, R"({"status": "not_applicable", "checks": []})")), Verdict::kHealthy);
  EXPECT_EQ(VerdictOf(Answer(200, R"({"status": "unhealthy", "checks": []})")), Verdict::kUnhealthy);
  EXPECT_EQ(VerdictOf(Answer(503, R"({"status": "unhealthy", "checks": []})")), Verdict::kUnhealthy);
  EXPECT_EQ(VerdictOf(Answer(503, R"({"status": "healthy", "checks": []})")), Verdict::kUnhealthy);
}

TEST(DeepHealth, OfAServiceThatDrainsOrStartsIsNoFailure) {
  EXPECT_EQ(VerdictOf(Problem(503, "draining")), Verdict::kDraining);
  EXPECT_EQ(VerdictOf(Problem(503, "not_ready")), Verdict::kStarting);
  EXPECT_EQ(
      VerdictOf(Answer(503, R"({"status": "unhealthy", "checks": [{"name": "draining", "status": "unhealthy"}]})")),
      Verdict::kDraining);
}

TEST(DeepHealth, IsUnhealthyWhereTheServiceSaysThatItFailed) {
  const Outcome outcome = ReadDeepHealth(Problem(504, "deadline_exceeded"));

  EXPECT_EQ(outcome.verdict, Verdict::kUnhealthy);
  EXPECT_EQ(outcome.reason, "it answered 504 deadline_exceeded: for a reason");
  EXPECT_EQ(VerdictOf(Problem(500, "internal")), Verdict::kUnhealthy);
  EXPECT_EQ(VerdictOf(Problem(503, "overloaded")), Verdict::kUnhealthy);
}

TEST(DeepHealth, CannotBeAskedWhereSomethingElseAnswers) {
  for (const client::Answer& answer :
       {Problem(404, "not_found"), Problem(401, "unauthorized"), Problem(429, "rate_limited"),
        Problem(422, "undecodable"), Answer(302, ""), Answer(502, "<html>Bad gateway"), Answer(503, "busy"),
        Answer(200, "hello"), Answer(200, ""), Answer(200, "{}"), Answer(200, "[1]"), Answer(200, "7"),
        Answer(200, R"({"status": "fine", "checks": []})"), Answer(200, R"({"status": "healthy", "checks": 1})"),
        Answer(200, R"({"status": 1, "checks": []})"), Answer(200, R"({"status": "healthy")")}) {
    const Outcome outcome = ReadDeepHealth(answer);
    EXPECT_EQ(outcome.verdict, Verdict::kUnreachable) << answer.status << answer.body;
    EXPECT_THAT(outcome.reason, HasSubstr(std::to_string(answer.status)));
  }
}

TEST(DeepHealth, CannotBeAskedWithoutAnAnswer) {
  const Outcome refused = ReadDeepHealth({.fault = "Connection refused"});
  const Outcome late = ReadDeepHealth({.fault = "Operation timed out", .timed_out = true});

  EXPECT_EQ(refused.verdict, Verdict::kUnreachable);
  EXPECT_EQ(refused.reason, "Connection refused");
  EXPECT_EQ(refused.http_status, 0);
  EXPECT_EQ(late.verdict, Verdict::kUnreachable);
  EXPECT_EQ(late.reason, "it did not answer in time");
}

TEST(DeepHealth, LeavesOutWhatIsNoCheck) {
  const Outcome outcome = ReadDeepHealth(Answer(200, R"({"status": "healthy", "checks": [
      1, {}, {"name": 7, "status": "healthy"}, {"name": "", "status": "healthy"}, {"name": "a b", "status": "healthy"},
      {"name": "same", "status": "healthy"}, {"name": "same", "status": "unhealthy"},
      {"name": "newer", "status": "curious", "value": "text", "details": 5}]})"));

  ASSERT_THAT(outcome.checks, SizeIs(2));
  EXPECT_EQ(outcome.checks[0].name, "same");
  EXPECT_EQ(outcome.checks[0].status, health::Status::kHealthy);
  EXPECT_EQ(outcome.checks[1].name, "newer");
  EXPECT_EQ(outcome.checks[1].status, health::Status::kWarning);
  EXPECT_EQ(outcome.checks[1].value, std::nullopt);
}

TEST(DeepHealth, IsBounded) {
  std::string checks;
  for (int i = 0; i < 1000; ++i) {
    checks += R"({"name": "check)" + std::to_string(i) + R"(", "status": "healthy", "details": ")" +
              std::string(1000, 'x') + "\"},";
  }
  checks.pop_back();

  const Outcome outcome = ReadDeepHealth(Answer(200, R"({"status": "healthy", "checks": [)" + checks + "]}"));

  EXPECT_THAT(outcome.checks, SizeIs(kMostChecks));
  EXPECT_THAT(outcome.checks[0].details, SizeIs(500));
  EXPECT_EQ(VerdictOf(Answer(200, std::string(60'000, '['))), Verdict::kUnreachable);
}

TEST(StartUp, IsOverWith200) {
  EXPECT_EQ(ReadStartUp(Answer(200, "whatever")).state, StartState::kStarted);
}

TEST(StartUp, SaysItsPhase) {
  const StartUp start = ReadStartUp(Answer(503, R"({"status": "unhealthy", "checks": [
      {"name": "slots", "status": "healthy", "details": "fine"},
      {"name": "model_loaded", "status": "unhealthy", "details": "compiling"}]})"));

  EXPECT_EQ(start.state, StartState::kStarting);
  EXPECT_EQ(start.phase, "model_loaded: compiling");
  EXPECT_EQ(ReadStartUp(Problem(503, "not_ready")).state, StartState::kStarting);
  EXPECT_EQ(ReadStartUp(Answer(503, R"({"status": "unhealthy", "checks": []})")).state, StartState::kStarting);
}

TEST(StartUp, KnowsADrain) {
  EXPECT_EQ(ReadStartUp(Problem(503, "draining")).state, StartState::kDraining);
  EXPECT_EQ(
      ReadStartUp(Answer(503, R"({"status": "unhealthy", "checks": [{"name": "draining", "status": "unhealthy"}]})"))
          .state,
      StartState::kDraining);
}

TEST(StartUp, TellsWhoCannotAnswerFromWhoWillNot) {
  EXPECT_EQ(ReadStartUp({.fault = "refused"}).state, StartState::kUnreachable);
  EXPECT_EQ(ReadStartUp(Answer(502, "bad gateway")).state, StartState::kUnreachable);
  EXPECT_EQ(ReadStartUp(Answer(503, "not yet")).state, StartState::kUnreachable);
  EXPECT_EQ(ReadStartUp(Problem(429, "rate_limited")).state, StartState::kUnreachable);
  EXPECT_EQ(ReadStartUp(Answer(404, "")).state, StartState::kRefused);
  EXPECT_THAT(ReadStartUp(Problem(401, "unauthorized")),
              AllOf(testing::Field(&StartUp::state, StartState::kRefused),
                    testing::Field(&StartUp::phase, HasSubstr("401 unauthorized"))));
}

}  // namespace
}  // namespace doclayout::probe
