#include "http/middleware/access_log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "base/log.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_pipe.h"
#include "http/router.h"

namespace doclayout::http {
namespace {

using nlohmann::json;

class AccessLog : public testing::Test {
 protected:
  /// The log at `level` behind this answer: its line, or the one with the event "end" where it has none.
  json FirstLine(const Exchange& exchange, const Response& response, LogLevel level = LogLevel::kInfo) {
    TestPipe pipe;
    Logger logger(level, pipe.writing_end());
    AccessLogMiddleware(logger, clock_).OnDone(exchange, response);
    logger.Write(LogLevel::kError, "end");
    return json::parse(pipe.ReadLine());
  }

  FakeClock clock_;
  const Route analyze_{"/analyze", {"POST"}, nullptr};
  const Route health_{.path = "/health", .methods = {"GET"}, .handler = nullptr, .probe = true};
};

TEST_F(AccessLog, SaysWhoAskedForWhatAndWhatCameOfIt) {
  Exchange exchange;
  exchange.head.method = "POST";
  exchange.path = "/analyze";
  exchange.route = &analyze_;
  exchange.client = "billing";
  exchange.request_id = "id";
  exchange.trace_id = "trace";
  exchange.bytes_in = 7;
  exchange.bytes_out = 8;
  exchange.started = clock_.Now();
  clock_.Advance(std::chrono::milliseconds(5));

  const json line = FirstLine(exchange, {.status = 503, .error_code = "overloaded"});

  EXPECT_EQ(line["event"], "request");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["id"], "id");
  EXPECT_EQ(line["trace_id"], "trace");
  EXPECT_EQ(line["method"], "POST");
  EXPECT_EQ(line["path"], "/analyze");
  EXPECT_EQ(line["route"], "/analyze");
  EXPECT_EQ(line["client"], "billing");
  EXPECT_EQ(line["status"], 503);
  EXPECT_EQ(line["code"], "overloaded");
  EXPECT_EQ(line["bytes_in"], 7);
  EXPECT_EQ(line["bytes_out"], 8);
  EXPECT_EQ(line["ms"], 5.0);
  EXPECT_FALSE(line.contains("queue_ms"));
}

TEST_F(AccessLog, HasTheTimeOfEachStageOfAnAnalysis) {
  Response response;
  response.timings = {.stages = {.decode = 1, .queue = 2, .preprocess = 3, .inference = 4, .postprocess = 5},
                      .render = 6};

  const json line = FirstLine({}, response);

  EXPECT_EQ(line["decode_ms"], 1.0);
  EXPECT_EQ(line["queue_ms"], 2.0);
  EXPECT_EQ(line["preprocess_ms"], 3.0);
  EXPECT_EQ(line["inference_ms"], 4.0);
  EXPECT_EQ(line["postprocess_ms"], 5.0);
  EXPECT_EQ(line["render_ms"], 6.0);
}

TEST_F(AccessLog, SaysHowTheCacheServedARequest) {
  EXPECT_EQ(FirstLine({}, {.cache = "shared"})["cache"], "shared");
  EXPECT_FALSE(FirstLine({}, {}).contains("cache"));
}

TEST_F(AccessLog, CutsLongPathsAndMethods) {
  const std::string path(5000, 'p');
  Exchange exchange;
  exchange.head.method = std::string(5000, 'M');
  exchange.path = path;

  const json line = FirstLine(exchange, {.status = 404});

  EXPECT_EQ(line["path"].get<std::string>().size(), 200);
  EXPECT_EQ(line["method"].get<std::string>().size(), 200);
  EXPECT_EQ(line["route"], "other");
}

TEST_F(AccessLog, HasAProbesGoodAnswerAtDebugOnly) {
  Exchange exchange;
  exchange.route = &health_;

  EXPECT_EQ(FirstLine(exchange, {.status = 200})["event"], "end");
  EXPECT_EQ(FirstLine(exchange, {.status = 200}, LogLevel::kDebug)["level"], "debug");
}

TEST_F(AccessLog, HasAProbesBadAnswerAtInfo) {
  Exchange exchange;
  exchange.route = &health_;

  const json line = FirstLine(exchange, {.status = 503});

  EXPECT_EQ(line["event"], "request");
  EXPECT_EQ(line["level"], "info");
}

}  // namespace
}  // namespace doclayout::http
