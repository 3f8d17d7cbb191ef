#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "http/testing/test_client.h"
#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::string_view kBytesInFlight = "pp_doclayout_body_bytes_in_flight";

std::string ClosedIdle(std::string_view reason) {
  return fmt::format("http_connections_closed_idle_total{{reason=\"{}\"}}", reason);
}

/// A server with one place for a caller, which `busy` takes while the gate is closed.
struct Crowded {
  explicit Crowded(Limits limits = {}) : server(Setup(gate, limits)), busy(server.port()) {
    busy.Send(AnalyzeRequestText());
    gate.WaitForBegun(1);
  }

  static TestSetup Setup(Gate& gate, Limits limits) {
    limits.max_connections = 1;
    TestSetup setup;
    setup.options.limits = limits;
    setup.gate = &gate;
    return setup;
  }

  Gate gate;
  TestServer server;
  TestClient busy;
};

std::string Head(std::string_view length) {
  return fmt::format("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\n{}\r\n\r\n", length);
}

TEST(Connections, RefuseOneTooMany) {
  Crowded crowded;

  TestClient second(crowded.server.port());
  const TestAnswer answer = second.Request(AnalyzeRequestText());

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(CodeOf(answer), "overloaded");
  EXPECT_NE(answer.Header("retry-after"), "");
  EXPECT_NE(answer.Header("x-request-id"), "");
  EXPECT_TRUE(second.IsClosedByServer());
  EXPECT_TRUE(crowded.server.WaitForMetric(Rejected("too_many_connections"), 1));
  crowded.gate.Open();
  EXPECT_EQ(crowded.busy.Receive().status, 200);
}

TEST(Connections, BeyondTheLimitStillAnswerProbes) {
  Crowded crowded;

  for (const std::string_view path : {"/health", "/ready", "/metrics"}) {
    TestClient probe(crowded.server.port());
    const TestAnswer answer = probe.Request(MakeRequest("GET", path));

    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.Header("connection"), "close");
    EXPECT_TRUE(probe.IsClosedByServer());
  }
}

TEST(Connections, BeyondTheLimitAreNotWaitedForLong) {
  Crowded crowded({.spare_timeout = milliseconds(50)});

  TestClient silent(crowded.server.port());
  TestClient slow(crowded.server.port());
  slow.Send("GET /hea");

  EXPECT_TRUE(silent.IsClosedByServer());
  EXPECT_EQ(slow.Receive().status, 408);
}

TEST(Connections, BeyondTheSparePlacesAreClosedAndCounted) {
  Crowded crowded({.spare_connections = 1, .spare_timeout = seconds(60)});
  TestClient spare(crowded.server.port());
  ASSERT_TRUE(crowded.server.WaitForMetric("http_connections_open", 2));

  EXPECT_TRUE(TestClient(crowded.server.port()).IsClosedByServer());

  EXPECT_TRUE(crowded.server.WaitForMetric(Rejected("too_many_connections"), 1));
}

TEST(Connections, MakeRoomWhenTheyAreIdle) {
  TestSetup setup;
  setup.options.limits = {.max_connections = 2, .least_idle = milliseconds(0)};
  TestServer server(std::move(setup));
  TestClient idlest(server.port());
  TestClient idle(server.port());
  ASSERT_EQ(idlest.Request(MakeRequest("GET", "/version")).status, 200);
  ASSERT_EQ(idle.Request(MakeRequest("GET", "/version")).status, 200);

  TestClient next(server.port());

  EXPECT_EQ(next.Request(MakeRequest("GET", "/version")).status, 200);
  EXPECT_TRUE(idlest.IsClosedByServer());
  EXPECT_EQ(server.Metric(ClosedIdle("made_room")), 1);
  EXPECT_EQ(idle.Request(MakeRequest("GET", "/version")).status, 200);
}

TEST(Connections, KeepTheirPlaceWhenTheyWereUsedJustNow) {
  TestSetup setup;
  setup.options.limits = {.max_connections = 1, .least_idle = seconds(60)};
  TestServer server(std::move(setup));
  TestClient first(server.port());
  ASSERT_EQ(first.Request(MakeRequest("GET", "/version")).status, 200);

  EXPECT_EQ(TestClient(server.port()).Request(MakeRequest("GET", "/version")).status, 503);

  EXPECT_EQ(first.Request(MakeRequest("GET", "/version")).status, 200);
}

TEST(BodiesInFlight, AreRefusedTogetherBeforeTheyCome) {
  TestSetup setup;
  setup.options.limits = {.max_body_bytes = 8000, .max_body_bytes_in_flight = 10'000};
  TestServer server(std::move(setup));
  TestClient sending(server.port());
  sending.Send(Head("Content-Length: 8000") + std::string(4000, 'x'));
  ASSERT_TRUE(server.WaitForMetric(kBytesInFlight, 4000));

  TestClient second(server.port());
  const TestAnswer answer = second.Request(Head("Content-Length: 7000"));

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(CodeOf(answer), "overloaded");
  EXPECT_THAT(answer.body, HasSubstr("memory for 7000 bytes"));
  EXPECT_NE(answer.Header("retry-after"), "");
  EXPECT_TRUE(server.WaitForMetric(Rejected("body_bytes_in_flight"), 1));
}

TEST(BodiesInFlight, AreMeasuredAsTheyArrive) {
  TestSetup setup;
  setup.options.limits = {.max_body_bytes = 8000, .max_body_bytes_in_flight = 10'000};
  TestServer server(std::move(setup));
  TestClient first(server.port());
  TestClient second(server.port());
  first.Send(Head("Content-Length: 8000") + std::string(1000, 'x'));
  second.Send(Head("Content-Length: 8000") + std::string(5000, 'x'));
  ASSERT_TRUE(server.WaitForMetric(kBytesInFlight, 6000));

  second.Send(std::string(2000, 'x'));
  ASSERT_TRUE(server.WaitForMetric(kBytesInFlight, 8000));
  first.Send(std::string(5000, 'x'));

  EXPECT_EQ(first.Receive().status, 503);
  EXPECT_TRUE(server.WaitForMetric(kBytesInFlight, 7000));
}

TEST(BodiesInFlight, CountAndThenThePagesMadeOfThemUntilTheModelHasSeenThem) {
  Gate gate;
  TestSetup setup;
  setup.gate = &gate;
  TestServer server(std::move(setup));
  const double page_bytes = 2 * 2 * 3;
  TestClient running(server.port());
  TestClient waiting(server.port());
  running.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);
  EXPECT_TRUE(server.WaitForMetric(kBytesInFlight, page_bytes));

  waiting.Send(AnalyzeRequestText());

  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_pages_waiting", 1));
  EXPECT_TRUE(server.WaitForMetric(kBytesInFlight, 2 * page_bytes));
  gate.Open();
  EXPECT_EQ(waiting.Receive().status, 200);
  EXPECT_TRUE(server.WaitForMetric(kBytesInFlight, 0));
}

TEST(BodiesInFlight, AreCountedWithoutWhatFramesTheirChunks) {
  TestServer server;
  TestClient client(server.port());
  client.Send("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n");

  for (int i = 0; i < 100; ++i) client.Send("0000001\r\na\r\n");

  EXPECT_TRUE(server.WaitForMetric(kBytesInFlight, 100));
}

TEST(Queue, RefusesBeforeTheBodyComes) {
  Gate gate;
  TestSetup setup;
  setup.gate = &gate;
  setup.policy.queue_capacity = 1;
  TestServer server(std::move(setup));
  TestClient running(server.port());
  TestClient waiting(server.port());
  running.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);
  waiting.Send(AnalyzeRequestText());
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_request_queue_length", 1));

  TestClient third(server.port());
  const TestAnswer answer = third.Request(Head("Content-Length: 1000000\r\nExpect: 100-continue"));

  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("1 documents wait already"));
  EXPECT_THAT(answer.body, HasSubstr("try again in " + std::string(answer.Header("retry-after")) + " s"));
  EXPECT_TRUE(server.WaitForMetric(Rejected("queue_full"), 1));
}

}  // namespace
}  // namespace doclayout::http
