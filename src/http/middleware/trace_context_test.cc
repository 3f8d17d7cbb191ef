#include "http/middleware/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kTraceparent = "00-" + kTrace + "-b7ad6b7169203331-01";

TEST(TraceContext, IsPassedOnByTheAnswer) {
  TestServer server;

  const TestAnswer answer =
      TestClient(server.port()).Request(AnalyzeRequestText("", "traceparent: " + kTraceparent + "\r\n"));

  EXPECT_EQ(answer.Header("traceparent"), kTraceparent);
}

TEST(TraceContext, ThatIsNotValidIsIgnored) {
  TestServer server;

  const TestAnswer answer =
      TestClient(server.port()).Request(AnalyzeRequestText("", "traceparent: 00-" + kTrace + "-nonsense-01\r\n"));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("traceparent"), "");
}

void AnalyzeUnder(TestServer& server, const std::string& traceparent) {
  TestClient(server.port()).Request(AnalyzeRequestText("", "traceparent: " + traceparent + "\r\n"));
  EXPECT_TRUE(server.WaitForMetric("http_requests_total{method=\"POST\",route=\"/analyze\",status=\"200\"}", 1));
}

/// The metrics as OpenMetrics, asked for under `traceparent`.
std::string ScrapeUnder(TestServer& server, const std::string& traceparent) {
  const std::string headers = "Accept: application/openmetrics-text\r\ntraceparent: " + traceparent + "\r\n";
  return TestClient(server.port()).Request(MakeRequest("GET", "/metrics", headers)).body;
}

TEST(TraceContext, ThatIsRecordedIsTheExampleOfTheTimes) {
  TestServer server;

  AnalyzeUnder(server, kTraceparent);

  const std::string metrics = ScrapeUnder(server, kTraceparent);
  for (const char* series :
       {"http_request_duration_seconds_bucket\\{route=\"/analyze\"", "pp_doclayout_inference_latency_seconds_bucket\\{",
        "pp_doclayout_queue_duration_seconds_bucket\\{",
        "pp_doclayout_stage_duration_seconds_bucket\\{stage=\"render\""}) {
    EXPECT_THAT(metrics, ContainsRegex(series + ("[^\n]* # \\{trace_id=\"" + kTrace + "\"\\} "))) << series;
  }
}

TEST(TraceContext, ThatNobodyRecordsIsNoExample) {
  TestServer server;

  AnalyzeUnder(server, "00-" + kTrace + "-b7ad6b7169203331-00");

  const std::string metrics = ScrapeUnder(server, kTraceparent);
  EXPECT_THAT(metrics, HasSubstr("# EOF"));
  EXPECT_THAT(metrics, Not(HasSubstr(kTrace)));
}

TEST(TraceContext, OfAProbeIsNoExample) {
  TestServer server;

  ScrapeUnder(server, kTraceparent);
  ASSERT_TRUE(server.WaitForMetric("http_requests_total{method=\"GET\",route=\"/metrics\",status=\"200\"}", 1));

  EXPECT_THAT(ScrapeUnder(server, kTraceparent), Not(HasSubstr(kTrace)));
}

}  // namespace
}  // namespace doclayout::http
