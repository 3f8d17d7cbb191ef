#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "http/testing/test_client.h"
#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(Protocol, KeepsConnectionsOpen) {
  TestServer server;
  TestClient client(server.port());

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Request(AnalyzeRequestText()).status, 200);
    EXPECT_EQ(client.Request(MakeRequest("GET", "/health")).status, 200);
  }

  EXPECT_EQ(server.Metric("http_connections_open"), 1);
}

TEST(Protocol, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  TestClient client(server.port());

  client.Send(AnalyzeRequestText("", "X-Request-ID: 1\r\n") + MakeRequest("GET", "/nowhere", "X-Request-ID: 2\r\n") +
              MakeRequest("GET", "/version", "X-Request-ID: 3\r\n") + AnalyzeRequestText("", "X-Request-ID: 4\r\n"));

  for (const auto& [id, status] : {std::pair{"1", 200}, {"2", 404}, {"3", 200}, {"4", 200}}) {
    const TestAnswer answer = client.Receive();
    EXPECT_EQ(answer.Header("x-request-id"), id);
    EXPECT_EQ(answer.status, status);
  }
}

TEST(Protocol, AnswersWhatIsPipelinedWhileTheModelWorks) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient client(server.port());
  client.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  client.Send(MakeRequest("GET", "/version"));
  gate.Open();

  EXPECT_EQ(client.Receive().Header("content-type"), "application/json");
  EXPECT_THAT(client.Receive().body, HasSubstr("doclayout"));
}

TEST(Protocol, ClosesWhenTheCallerWantsIt) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer answer = client.Request(MakeRequest("GET", "/version", "Connection: close\r\n"));

  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(Protocol, SpeaksHttp10) {
  TestServer server;
  TestClient closing(server.port());
  TestClient staying(server.port());

  EXPECT_EQ(closing.Request("GET /version HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(closing.IsClosedByServer());
  EXPECT_EQ(staying.Request("GET /version HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").Header("connection"),
            "keep-alive");
  EXPECT_EQ(staying.Request("GET /version HTTP/1.0\r\n\r\n").status, 200);
}

TEST(Protocol, AnswersHeadLikeGetWithoutTheBody) {
  TestServer server;
  TestClient client(server.port());
  const TestAnswer get = client.Request(MakeRequest("GET", "/version"));

  const TestAnswer head = client.Request(MakeRequest("HEAD", "/version"), true);

  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("content-length"), get.Header("content-length"));
  EXPECT_EQ(client.Request(MakeRequest("GET", "/version")).body, get.body);
}

TEST(Protocol, ReadsChunkedBodies) {
  TestServer server;
  const std::string bmp = WhiteBmp();

  const TestAnswer answer = TestClient(server.port())
                                .Request(
                                    "POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/bmp\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n5\r\n" +
                                    bmp.substr(0, 5) + fmt::format("\r\n{:x};x=y\r\n", bmp.size() - 5) + bmp.substr(5) +
                                    "\r\n0\r\nTrailer: x\r\n\r\n");

  EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST(Protocol, RefusesAnEmptyChunkedBody) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port())
                                .Request(
                                    "POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/bmp\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");

  EXPECT_EQ(CodeOf(answer), "bad_request");
}

TEST(Protocol, InvitesABodyThatIsExpected) {
  TestServer server;
  TestClient client(server.port());
  const std::string bmp = WhiteBmp();

  client.Send(
      fmt::format("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/bmp\r\nContent-Length: {}\r\n"
                  "Expect: 100-continue\r\n\r\n",
                  bmp.size()));

  EXPECT_EQ(client.ReceiveLine(), "HTTP/1.1 100 Continue");
  EXPECT_EQ(client.ReceiveLine(), "");
  EXPECT_EQ(client.Request(bmp).status, 200);
  EXPECT_EQ(client.Request(MakeRequest("GET", "/version")).status, 200);
}

TEST(Protocol, AnswersAtOnceInsteadOfInvitingABodyThatIsRefused) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer answer = client.Request(
      "POST /analyze?what=ever HTTP/1.1\r\nHost: h\r\nContent-Type: image/bmp\r\nContent-Length: 100\r\n"
      "Expect: 100-continue\r\n\r\n");

  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(Protocol, RefusesOtherExpectations) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port()).Request(MakeRequest("GET", "/version", "Expect: tea\r\n"));

  EXPECT_EQ(answer.status, 417);
  EXPECT_EQ(CodeOf(answer), "expectation_failed");
}

TEST(Protocol, FindsTheNextRequestBehindASmallBodyThatNobodyWanted) {
  TestServer server;
  TestClient client(server.port());

  EXPECT_EQ(client.Request(MakeRequest("GET", "/health", "", std::string(50'000, 'x'))).status, 200);
  EXPECT_EQ(client.Request(MakeRequest("POST", "/analyze?x=y", "", std::string(50'000, 'x'))).status, 400);
  EXPECT_EQ(client.Request(MakeRequest("POST", "/nowhere", "", "x")).status, 404);
  EXPECT_EQ(client.Request(MakeRequest("GET", "/version")).status, 200);
}

TEST(Protocol, ClosesBehindALargeBodyThatNobodyWanted) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer answer = client.Request(MakeRequest("POST", "/nowhere", "", std::string(5'000'000, 'x')));

  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.Header("connection"), "close");
}

TEST(Protocol, KnowsNoOtherPath) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port()).Request(MakeRequest("GET", "/nowhere"));

  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(CodeOf(answer), "not_found");
  EXPECT_TRUE(server.WaitForMetric("http_requests_total{method=\"GET\",route=\"other\",status=\"404\"}", 1));
}

TEST(Protocol, NamesTheMethodsThatAPathTakes) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer get = client.Request(MakeRequest("GET", "/analyze"));
  const TestAnswer brew = client.Request(MakeRequest("BREW", "/health"));

  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(CodeOf(get), "method_not_allowed");
  EXPECT_EQ(get.Header("allow"), "POST");
  EXPECT_EQ(brew.Header("allow"), "GET, HEAD");
  EXPECT_TRUE(server.WaitForMetric("http_requests_total{method=\"other\",route=\"/health\",status=\"405\"}", 1));
}

TEST(Protocol, AnswersBrokenHttpAndCloses) {
  TestServer server;
  for (const auto& [bytes, status] : {
           std::pair{"rubbish\r\n\r\n", 400},
           {"GET /my page HTTP/1.1\r\nHost: h\r\n\r\n", 400},
           {"GET / HTTP/1.1\nHost: h\n\n", 400},
           {"GET / HTTP/3.0\r\n\r\n", 505},
           {"GET / HTTP/1.1\r\n\r\n", 400},
           {"POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
           {"POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400},
           {"POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Length: 1,1\r\n\r\na", 400},
           {"POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400},
       }) {
    TestClient client(server.port());
    const TestAnswer answer = client.Request(bytes);
    EXPECT_EQ(answer.status, status) << bytes;
    EXPECT_THAT(CodeOf(answer), testing::AnyOf("bad_request", "http_version"));
    EXPECT_EQ(answer.Header("connection"), "close");
    EXPECT_TRUE(client.IsClosedByServer());
  }
}

TEST(Protocol, EchoesTheCallersRequestId) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer answer = client.Request(AnalyzeRequestText("", "X-Request-ID: my-id/1\r\n"));
  const TestAnswer problem = client.Request(MakeRequest("GET", "/nowhere", "X-Request-ID: my-id/2\r\n"));

  EXPECT_EQ(answer.Header("x-request-id"), "my-id/1");
  EXPECT_EQ(nlohmann::json::parse(answer.body)["request_id"], "my-id/1");
  EXPECT_EQ(nlohmann::json::parse(problem.body)["request_id"], "my-id/2");
}

TEST(Protocol, MakesARequestIdWhereTheCallersIsNotUsable) {
  TestServer server;
  TestClient client(server.port());
  for (const std::string& header :
       {std::string(), std::string("X-Request-ID: two words\r\n"), std::string("X-Request-ID: \r\n"),
        "X-Request-ID: " + std::string(129, 'x') + "\r\n", std::string("X-Request-ID: \xc3\xa4\r\n")}) {
    EXPECT_THAT(client.Request(MakeRequest("GET", "/version", header)).Header("x-request-id"),
                MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

TEST(Protocol, GivesEveryErrorARequestId) {
  TestSetup setup;
  setup.options.limits.header_timeout = std::chrono::milliseconds(50);
  setup.options.limits.body_timeout = std::chrono::milliseconds(50);
  TestServer server(std::move(setup));
  for (const auto& [bytes, status] : {
           std::pair<std::string, int>{"rubbish\r\n\r\n", 400},
           {"GET /version HTTP/1.1\r\nHost: h\r\nX-A: \x01\r\n\r\n", 400},
           {MakeRequest("GET", "/nowhere"), 404},
           {MakeRequest("GET", "/analyze"), 405},
           {"GET /version HT", 408},
           {"POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\nx", 408},
           {MakeRequest("POST", "/analyze", "Content-Type: text/plain\r\n", "x"), 415},
           {MakeRequest("GET", "/version", "Expect: the unexpected\r\n"), 417},
           {MakeRequest("GET", "/version", "X-A: " + std::string(100'000, 'x') + "\r\n"), 431},
           {"GET / HTTP/2.0\r\n\r\n", 505},
       }) {
    const TestAnswer answer = TestClient(server.port()).Request(bytes);

    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.Header("x-request-id"), "") << status;
    EXPECT_EQ(nlohmann::json::parse(answer.body)["request_id"], answer.Header("x-request-id")) << status;
  }
}

TEST(Protocol, SurvivesOneByteAtATime) {
  TestServer server;
  TestClient client(server.port());

  for (const char c : AnalyzeRequestText()) client.Send({&c, 1});

  EXPECT_EQ(client.Receive().status, 200);
}

TEST(Health, SaysThatItLives) {
  TestServer server;
  TestClient client(server.port());
  for (const char* path : {"/health", "/livez"}) {
    const TestAnswer answer = client.Request(MakeRequest("GET", path));
    EXPECT_EQ(answer.status, 200);
    const auto json = nlohmann::json::parse(answer.body);
    EXPECT_EQ(json["status"], "healthy");
    EXPECT_EQ(json["checks"][0]["name"], "process_memory");
    EXPECT_EQ(json["checks"][0]["unit"], "MiB");
    EXPECT_GT(json["checks"][0]["value"], 1);
  }
}

TEST(Health, IgnoresAQueryThatAProbeAddsAgainstCaches) {
  TestServer server;
  TestClient client(server.port());

  for (const char* target : {"/health?x=1", "/livez?_=1700000000", "/ready?&&"}) {
    EXPECT_EQ(client.Request(MakeRequest("GET", target)).status, 200) << target;
  }
}

TEST(Health, IsReadyWithAModelUntilItDrains) {
  TestServer server({.model_loaded = false});
  TestClient client(server.port());
  const auto ready = [&] { return client.Request(MakeRequest("GET", "/ready")); };
  EXPECT_EQ(ready().status, 503);
  EXPECT_EQ(client.Request(MakeRequest("GET", "/health")).status, 200);

  server.readiness().SetModelLoaded();
  for (const char* path : {"/ready", "/readyz", "/startupz"}) {
    EXPECT_EQ(client.Request(MakeRequest("GET", path)).status, 200);
  }

  server.readiness().SetDraining();
  const TestAnswer draining = ready();
  EXPECT_EQ(draining.status, 503);
  EXPECT_NE(draining.Header("retry-after"), "");
  EXPECT_EQ(draining.Header("connection"), "close");
}

TEST(Metrics, AreTextOrOpenMetrics) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer text = client.Request(MakeRequest("GET", "/metrics"));
  const TestAnswer open = client.Request(MakeRequest("GET", "/metrics", "Accept: application/openmetrics-text\r\n"));

  EXPECT_THAT(text.Header("content-type"), StartsWith("text/plain; version=0.0.4"));
  EXPECT_THAT(open.Header("content-type"), StartsWith("application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(open.body.ends_with("# EOF\n"));
}

TEST(Metrics, AreThereFromTheStart) {
  TestServer server;
  for (const char* series : {
           "http_requests_total{method=\"POST\",route=\"/analyze\",status=\"200\"}",
           "http_requests_total{method=\"GET\",route=\"/metrics\",status=\"200\"}",
           "http_request_duration_seconds_count{route=\"/analyze\"}",
           "http_connections_open",
           "pp_doclayout_requests_in_progress",
           "pp_doclayout_request_queue_length",
           "pp_doclayout_slots_busy",
           "pp_doclayout_load_ratio",
           "pp_doclayout_cancelled_total",
           "pp_doclayout_documents_total{outcome=\"failed\"}",
           "pp_doclayout_regions_total{label=\"table\"}",
           "pp_doclayout_errors_total{error_type=\"internal\"}",
           "pp_doclayout_rejected_total{reason=\"body_too_large\"}",
           "pp_doclayout_rejected_total{reason=\"header_too_large\"}",
           "pp_doclayout_rejected_total{reason=\"header_timeout\"}",
           "pp_doclayout_rejected_total{reason=\"body_timeout\"}",
           "pp_doclayout_rejected_total{reason=\"write_timeout\"}",
           "pp_doclayout_rejected_total{reason=\"too_many_connections\"}",
           "pp_doclayout_rejected_total{reason=\"queue_full\"}",
           "pp_doclayout_rejected_total{reason=\"document_too_large\"}",
           "pp_doclayout_rejected_total{reason=\"draining\"}",
       }) {
    EXPECT_EQ(server.Metric(series), 0) << series;
  }
  EXPECT_EQ(server.Metric("pp_doclayout_slots"), 1);
}

TEST(Version, SaysWhatRuns) {
  TestServer server;

  const auto json = nlohmann::json::parse(TestClient(server.port()).Request(MakeRequest("GET", "/version")).body);

  EXPECT_EQ(json["name"], "doclayout");
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["commit"], "abc");
  EXPECT_EQ(json["model"]["family"], "none");
  EXPECT_EQ(json["runtime"], "nothing");
}

}  // namespace
}  // namespace doclayout::http
