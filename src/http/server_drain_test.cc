#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <memory>
#include <vector>

#include "http/testing/test_client.h"
#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TestSetup Patient() {
  TestSetup setup;
  setup.options.drain_idle_grace = seconds(10);
  return setup;
}

TEST(Drain, AnswersWhatTheModelWorksOn) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient running(server.port());
  TestClient waiting(server.port());
  running.Send(AnalyzeRequestText());
  waiting.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  auto drained = server.StartDrain();
  gate.Open();

  for (TestClient* client : {&running, &waiting}) {
    const TestAnswer answer = client->Receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.Header("connection"), "close");
    EXPECT_TRUE(client->IsClosedByServer());
  }
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, AnswersARequestThatHasBegunToArrive) {
  TestServer server(Patient());
  TestClient client(server.port());
  const std::string request = AnalyzeRequestText();
  client.Send(request.substr(0, 10));

  auto drained = server.StartDrain();
  client.Send(request.substr(10));

  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, AnswersARequestWhoseBodyIsOnItsWay) {
  TestServer server(Patient());
  TestClient client(server.port());
  const std::string request = AnalyzeRequestText();
  client.Send(request.substr(0, request.size() - 5));
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_requests_in_progress", 1));

  auto drained = server.StartDrain();
  client.Send(request.substr(request.size() - 5));

  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, AnswersARequestThatCrossesItOnAnOpenConnection) {
  TestServer server(Patient());
  TestClient client(server.port());
  ASSERT_EQ(client.Request(MakeRequest("GET", "/version")).status, 200);

  auto drained = server.StartDrain();
  const TestAnswer answer = client.Request(AnalyzeRequestText());

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, AnswersEveryRequestOfACallerWhoPipelines) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient client(server.port());
  client.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);
  client.Send(AnalyzeRequestText() + MakeRequest("GET", "/version"));

  auto drained = server.StartDrain();
  gate.Open();

  const TestAnswer first = client.Receive();
  const TestAnswer second = client.Receive();
  const TestAnswer last = client.Receive();
  for (const TestAnswer* answer : {&first, &second, &last}) EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(first.Header("connection"), "");
  EXPECT_EQ(last.Header("connection"), "close");
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, KeepsThePortOpenForAGrace) {
  TestSetup setup;
  setup.options.drain_grace = seconds(2);
  TestServer server(std::move(setup));
  server.readiness().SetDraining();
  auto drained = std::async(std::launch::async, [&server] { return server.server().Drain(); });

  const TestAnswer ready = TestClient(server.port()).Request(MakeRequest("GET", "/ready"));
  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, AnswersEveryRequestThatWasSentBefore) {
  TestServer server;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    ASSERT_TRUE(clients.back()->Send(AnalyzeRequestText()));
  }

  // Some of them are accepted by now, others wait in the kernel's queue.
  EXPECT_EQ(server.server().Drain(), 0U);

  for (const auto& client : clients) EXPECT_EQ(client->Receive().status, 200);
}

TEST(Drain, EndsIdleConnections) {
  TestSetup setup;
  setup.options.drain_idle_grace = milliseconds(1);
  TestServer server(std::move(setup));
  TestClient used(server.port());
  TestClient unused(server.port());
  used.Request(MakeRequest("GET", "/version"));

  EXPECT_EQ(server.server().Drain(), 0U);

  EXPECT_TRUE(used.IsClosedByServer());
  EXPECT_TRUE(unused.IsClosedByServer());
}

TEST(Drain, ClosesThePort) {
  TestServer server;
  const int port = server.port();

  server.server().Drain();

  EXPECT_FALSE(TestClient(port).Send("x"));
}

/// A server whose one slot works on `busy`'s page for ever.
struct Stalled {
  explicit Stalled(milliseconds drain_timeout) : server(Setup(gate, drain_timeout)), busy(server.port()) {
    busy.Send(AnalyzeRequestText());
    gate.WaitForBegun(1);
  }

  static TestSetup Setup(Gate& gate, milliseconds drain_timeout) {
    TestSetup setup;
    setup.options.drain_timeout = drain_timeout;
    setup.gate = &gate;
    return setup;
  }

  Gate gate;
  TestServer server;
  TestClient busy;
};

void ExpectTooLate(TestClient& client) {
  const TestAnswer answer = client.Receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(CodeOf(answer), "draining");
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_EQ(answer.Header("retry-after"), "1");
}

TEST(Drain, RefusesWhatIsNotDoneInTime) {
  Stalled stalled(milliseconds(50));
  TestClient queued(stalled.server.port());
  queued.Send(AnalyzeRequestText());
  EXPECT_TRUE(stalled.server.WaitForMetric("pp_doclayout_request_queue_length", 1));

  EXPECT_EQ(stalled.server.server().Drain(), 2U);

  ExpectTooLate(stalled.busy);
  ExpectTooLate(queued);
  EXPECT_EQ(stalled.server.Metric(Rejected("draining")), 2);
  stalled.gate.Open();
  // What was refused is not worked on any more.
  EXPECT_TRUE(stalled.server.WaitForMetric("pp_doclayout_request_queue_length", 0));
  EXPECT_EQ(stalled.gate.begun(), 1);
}

TEST(Drain, RefusesARequestThatDoesNotArriveInTime) {
  TestSetup setup;
  setup.options.drain_timeout = milliseconds(50);
  TestServer server(std::move(setup));
  TestClient within_the_body(server.port());
  within_the_body.Send("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_body_bytes_in_flight", 3));
  TestClient within_the_head(server.port());
  within_the_head.Send("GET /heal");

  EXPECT_EQ(server.server().Drain(), 2U);

  ExpectTooLate(within_the_body);
  ExpectTooLate(within_the_head);
}

TEST(Drain, RefusesWhatIsPipelinedBehind) {
  Stalled stalled(milliseconds(50));
  stalled.busy.Send(AnalyzeRequestText());

  EXPECT_GE(stalled.server.server().Drain(), 1U);

  ExpectTooLate(stalled.busy);
  EXPECT_TRUE(stalled.busy.IsClosedByServer());
}

TEST(Drain, EndsAtOnceWhenItIsHurried) {
  Stalled stalled(std::chrono::hours(1));
  auto drained = std::async(std::launch::async, [&stalled] { return stalled.server.server().Drain(); });

  stalled.server.server().HurryDrain();

  EXPECT_EQ(drained.get(), 1U);
  ExpectTooLate(stalled.busy);
}

TEST(Drain, LosesNothingWhenItIsHurriedWithoutWork) {
  TestServer server;
  TestClient idle(server.port());
  EXPECT_EQ(idle.Request(MakeRequest("GET", "/health")).status, 200);

  server.server().HurryDrain();

  EXPECT_EQ(server.server().Drain(), 0U);
}

TEST(Server, CanBeDestroyedWhileAWorkerStillHasItsRequest) {
  Gate gate;
  auto server = std::make_unique<TestServer>(TestSetup{.gate = &gate});
  TestClient client(server->port());
  client.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  server.reset();

  EXPECT_EQ(client.Receive().status, 0);
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer server;
  SteadyClock clock;
  Logger logger(LogLevel::kOff, STDERR_FILENO);
  metrics::Registry registry;
  const health::Readiness readiness;
  ScheduledPages<FakeModel> pages({}, std::make_shared<FakeModel>(FakeModelSteps()), clock);
  const auto listen = [&](const Server::Options& options) {
    return Server::Listen(options, {.pages = pages,
                                    .registry = registry,
                                    .readiness = readiness,
                                    .reports = {},
                                    .logger = logger,
                                    .clock = clock});
  };

  const auto taken = listen({.host = "127.0.0.1", .port = server.port()});
  const auto nowhere = listen({.host = "203.0.113.1", .port = 0});

  EXPECT_EQ(taken.error().code, ErrorCode::kBadParameter);
  EXPECT_NE(taken.error().message.find(std::to_string(server.port())), std::string::npos);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kBadParameter);
}

}  // namespace
}  // namespace doclayout::http
