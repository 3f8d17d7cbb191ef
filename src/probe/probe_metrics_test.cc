#include "probe/probe_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::probe {
namespace {

using health::Status;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ProbeMetricsTest : public testing::Test {
 protected:
  std::string Text() const { return registry_.Expose(metrics::Registry::Format::kPrometheusText); }
  void Record(const Outcome& outcome) { metrics_.Record(outcome, std::chrono::system_clock::time_point(seconds(5))); }

  metrics::Registry registry_;
  ProbeMetrics metrics_{registry_};
};

TEST_F(ProbeMetricsTest, AreAllThereFromTheStart) {
  const std::string text = Text();

  for (const char* series :
       {"pp_doclayout_probe_up 0\n", "pp_doclayout_probe_status 0\n", "pp_doclayout_probe_alarm 0\n",
        "pp_doclayout_probe_last_success_timestamp_seconds 0\n", "pp_doclayout_probe_duration_seconds_count 0\n",
        "pp_doclayout_probe_total{result=\"healthy\"} 0\n", "pp_doclayout_probe_total{result=\"unreachable\"} 0\n",
        "pp_doclayout_probe_webhook_total{result=\"delivered\"} 0\n",
        "pp_doclayout_probe_webhook_total{result=\"failed\"} 0\n",
        "pp_doclayout_probe_webhook_total{result=\"dropped\"} 0\n",
        "pp_doclayout_probe_check{check=\"inference_speed\"} NaN\n",
        "pp_doclayout_probe_check{check=\"detection_accuracy\"} NaN\n"}) {
    EXPECT_THAT(text, HasSubstr(series));
  }
}

TEST_F(ProbeMetricsTest, SayHowItIs) {
  Record({.verdict = Verdict::kWarning,
          .checks = {{.name = "inference_speed", .status = Status::kWarning}, {.name = "mine"}},
          .took = seconds(6)});

  EXPECT_THAT(Text(), AllOf(HasSubstr("pp_doclayout_probe_up 1\n"), HasSubstr("pp_doclayout_probe_status 0.5\n"),
                            HasSubstr("pp_doclayout_probe_total{result=\"warning\"} 1\n"),
                            HasSubstr("pp_doclayout_probe_duration_seconds_sum 6\n"),
                            HasSubstr("pp_doclayout_probe_last_success_timestamp_seconds 5\n"),
                            HasSubstr("pp_doclayout_probe_check{check=\"inference_speed\"} 0.5\n"),
                            HasSubstr("pp_doclayout_probe_check{check=\"mine\"} 1\n")));
}

TEST_F(ProbeMetricsTest, SayThatNothingIsKnownOfAServiceThatCannotBeAsked) {
  Record({.verdict = Verdict::kHealthy, .checks = {{.name = "inference_speed"}}});
  Record({.verdict = Verdict::kUnreachable});

  EXPECT_THAT(Text(), AllOf(HasSubstr("pp_doclayout_probe_up 0\n"), HasSubstr("pp_doclayout_probe_status 0\n"),
                            HasSubstr("pp_doclayout_probe_last_success_timestamp_seconds 5\n"),
                            HasSubstr("pp_doclayout_probe_check{check=\"inference_speed\"} NaN\n")));
}

TEST_F(ProbeMetricsTest, OfADrainKeepWhatWasSaidLast) {
  Record({.verdict = Verdict::kHealthy});
  Record({.verdict = Verdict::kDraining});

  EXPECT_THAT(Text(), AllOf(HasSubstr("pp_doclayout_probe_up 1\n"), HasSubstr("pp_doclayout_probe_status 1\n"),
                            HasSubstr("pp_doclayout_probe_total{result=\"draining\"} 1\n")));
}

TEST_F(ProbeMetricsTest, DoNotCountATimeThatWasNotMeasured) {
  Record({.verdict = Verdict::kUnreachable});

  EXPECT_THAT(Text(), HasSubstr("pp_doclayout_probe_duration_seconds_count 0\n"));
}

TEST_F(ProbeMetricsTest, AreBoundedWhateverTheServiceThinksOf) {
  for (int i = 0; i < 1000; ++i) Record({.verdict = Verdict::kHealthy, .checks = {{.name = "c" + std::to_string(i)}}});

  EXPECT_THAT(Text(), AllOf(HasSubstr("{check=\"c59\"}"), Not(HasSubstr("{check=\"c60\"}"))));
}

}  // namespace
}  // namespace doclayout::probe
