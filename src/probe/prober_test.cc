#include "probe/prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/testing/fake_clock.h"
#include "base/testing/scripted_server.h"

namespace doclayout::probe {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using Step = ScriptedServer::Step;

Step Report(const std::string& status) {
  return {HttpAnswer(status == "unhealthy" ? "503 No" : "200 OK", R"({"status": ")" + status + R"(", "checks": []})")};
}

Step Problem(const std::string& status, const std::string& code) {
  return {HttpAnswer(status, R"({"code": ")" + code + R"(", "detail": "x"})")};
}

const Step kStarting = {HttpAnswer(
    "503 No",
    R"({"status": "unhealthy", "checks": [{"name": "model", "status": "unhealthy", "details": "loading"}]})")};

/// A prober whose periods take a millisecond, against a service that follows a script.
class ProberTest : public testing::Test {
 protected:
  /// Runs it until the script's last step, in which it is stopped.
  void RunScript(std::vector<Step> steps) {
    steps.push_back({.answer = "", .before = [this] { prober_->Stop(); }, .hold = true});
    Start(std::move(steps));
    prober_->Run();
    prober_.reset();  // which ends what the last step holds
    for (const std::string& request : server_->Requests()) {
      asked_.push_back(request.substr(0, request.find(" HTTP")));
    }
  }

  void Start(std::vector<Step> steps) {
    server_ = std::make_unique<ScriptedServer>(std::move(steps));
    service_ = std::move(*Service::Create({.url = server_->url(), .timeout = hours(1)}, clock_));
    prober_ = std::make_unique<Prober>(options_, Prober::Dependencies{.service = *service_,
                                                                      .metrics = metrics_,
                                                                      .alarm = alarm_,
                                                                      .notify =
                                                                          [this](const Notice& notice) {
                                                                            told_.emplace_back(NoticeName(notice.kind));
                                                                            latest_ = notice;
                                                                          },
                                                                      .logger = logger_,
                                                                      .clock = clock_});
  }

  double Metric(const std::string& series) const {
    const std::string text = registry_.Expose(metrics::Registry::Format::kPrometheusText);
    const std::size_t line = text.find("\n" + series + " ");
    return line == std::string::npos ? -1 : std::stod(text.substr(line + series.size() + 2));
  }

  Prober::Options options_{.period = milliseconds(1), .start_timeout = hours(1), .start_poll = milliseconds(1)};
  const SteadyClock clock_;
  Logger logger_{LogLevel::kOff, -1};
  metrics::Registry registry_;
  ProbeMetrics metrics_{registry_};
  Alarm alarm_{{.failures = 2}};
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Prober> prober_;

  std::vector<std::string> told_;
  std::optional<Notice> latest_;
  std::vector<std::string> asked_;
};

TEST_F(ProberTest, WaitsForTheStartBeforeItAsks) {
  RunScript({kStarting, {""}, Report("healthy"), Report("healthy")});

  EXPECT_THAT(asked_,
              ElementsAre("GET /startupz", "GET /startupz", "GET /startupz", "GET /deep-health", "GET /deep-health"));
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"healthy\"}"), 1);
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"unreachable\"}"), 0)
      << "what was broken off says nothing of the service";
}

TEST_F(ProberTest, TellsOfAFailureAndOfItsEnd) {
  RunScript({Report("healthy"), Report("healthy"), Report("unhealthy"), Report("unhealthy"), Report("unhealthy"),
             Report("healthy"), Report("warning"), Report("healthy")});

  EXPECT_THAT(told_, ElementsAre("alarm", "recovery"));
  EXPECT_EQ(Metric("pp_doclayout_probe_alarm"), 0);
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"unhealthy\"}"), 3);
}

TEST_F(ProberTest, AnAlarmShowsInTheMetrics) {
  RunScript({Report("healthy"), Report("unhealthy"), {""}});

  EXPECT_THAT(told_, ElementsAre("alarm"));
  EXPECT_EQ(Metric("pp_doclayout_probe_alarm"), 1);
}

TEST_F(ProberTest, ADrainIsNoAlarm) {
  const Step drain = Problem("503 Busy", "draining");
  RunScript({Report("healthy"), Report("healthy"), drain, drain, drain});

  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"draining\"}"), 3);
}

TEST_F(ProberTest, NeitherIsTheClosedPortOfADrain) {
  RunScript({Report("healthy"), Report("healthy"), Problem("503 Busy", "draining"), {""}, {""}, {""}});

  EXPECT_THAT(told_, ElementsAre());
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"draining\"}"), 4);
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"unreachable\"}"), 0);
}

TEST_F(ProberTest, WaitsAgainForAServiceThatStartsAnew) {
  RunScript({Report("healthy"), Problem("503 No", "not_ready"), kStarting, Report("healthy"), Report("healthy")});

  EXPECT_THAT(asked_, ElementsAre("GET /startupz", "GET /deep-health", "GET /startupz", "GET /startupz",
                                  "GET /deep-health", "GET /deep-health"));
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(ProberTest, AServiceThatGoesDuringItsSecondStartIsNoLongerWaitedFor) {
  RunScript({Report("healthy"), Problem("503 No", "not_ready"), {""}, {""}, {""}});

  EXPECT_THAT(asked_, ElementsAre("GET /startupz", "GET /deep-health", "GET /startupz", "GET /deep-health",
                                  "GET /deep-health", "GET /deep-health"));
  EXPECT_THAT(told_, ElementsAre("alarm"));
}

TEST_F(ProberTest, AServiceThatIsNeverUpIsAnAlarm) {
  options_.start_timeout = milliseconds(0);
  RunScript({kStarting, kStarting, kStarting, kStarting, Report("healthy"), Report("healthy"), Report("healthy")});

  EXPECT_THAT(told_, ElementsAre("alarm", "recovery"));
  EXPECT_EQ(Metric("pp_doclayout_probe_total{result=\"healthy\"}"), 2);
}

TEST_F(ProberTest, OnceAsksOnce) {
  Start({kStarting, Report("healthy"), Report("unhealthy")});

  const auto outcome = prober_->RunOnce();

  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->verdict, Verdict::kUnhealthy);
  EXPECT_EQ(server_->Requests().size(), 3U);
}

TEST_F(ProberTest, OnceDoesNotWaitForEver) {
  options_.start_timeout = milliseconds(0);
  Start({kStarting});

  const auto outcome = prober_->RunOnce();

  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->verdict, Verdict::kUnreachable);
  EXPECT_THAT(outcome->reason, HasSubstr("model: loading"));
}

TEST_F(ProberTest, OnceDoesNotWaitForWhatWillNotAnswer) {
  Start({Problem("401 No", "unauthorized")});

  const auto outcome = prober_->RunOnce();

  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->verdict, Verdict::kUnreachable);
  EXPECT_THAT(outcome->reason, HasSubstr("401 unauthorized"));
}

TEST_F(ProberTest, OnceOfAServiceThatDrainsSaysSo) {
  Start({Problem("503 No", "draining")});

  const auto outcome = prober_->RunOnce();

  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->verdict, Verdict::kDraining);
}

TEST_F(ProberTest, OnceThatIsStoppedSaysNothing) {
  Start({{.answer = "", .before = [this] { prober_->Stop(); }, .hold = true}});

  EXPECT_FALSE(prober_->RunOnce());
}

TEST(ProberHealth, SaysWhenItsThreadHangs) {
  FakeClock clock;
  Logger logger(LogLevel::kOff, -1);
  metrics::Registry registry;
  ProbeMetrics metrics(registry);
  Alarm alarm({});
  const auto service = Service::Create({.url = "http://127.0.0.1:1"}, clock);
  const Prober prober(
      {.period = seconds(30), .timeout = seconds(20)},
      {.service = **service, .metrics = metrics, .alarm = alarm, .notify = nullptr, .logger = logger, .clock = clock});

  clock.Advance(seconds(60));
  EXPECT_EQ(prober.Health().status, health::Status::kHealthy);

  clock.Advance(seconds(6));
  EXPECT_EQ(prober.Health().status, health::Status::kUnhealthy);
  EXPECT_THAT(prober.Health().checks.at(0).details, HasSubstr("hangs"));
}

}  // namespace
}  // namespace doclayout::probe
