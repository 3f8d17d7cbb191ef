#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "http/testing/test_server.h"

// What the answer cache does for callers.

namespace doclayout::http {
namespace {

using testing::StartsWith;

/// A server with a cache, whose predictions refuse nobody.
TestSetup WithCache(Gate* gate = nullptr) {
  return {.options = {.host = "127.0.0.1", .port = 0, .answer_cache_bytes = 1 << 20},
          .policy = {.slots = 1, .spare_places = 0, .first_guess = Duration(0), .overhead_guess = Duration(0)},
          .gate = gate};
}

TestAnswer Ask(const TestServer& server, std::string_view query = "") {
  return TestClient(server.port()).Request(AnalyzeRequestText(query));
}

/// Sends a request, and returns when so many are admitted: none of which is answered meanwhile.
std::unique_ptr<TestClient> Send(const TestServer& server, int admitted, std::string_view query = "") {
  auto client = std::make_unique<TestClient>(server.port());
  client->Send(AnalyzeRequestText(query));
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_requests_in_progress", admitted));
  return client;
}

/// Returns when so many requests wait for another's answer, or are just about to. They are those that are no load: the
/// leader's page is in the gate.
void WaitForFollowers(const TestServer& server, int count) {
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_request_queue_length", count));
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_load_ratio", 1));
}

std::string Cached(std::string_view result) {
  return fmt::format("pp_doclayout_cache_requests_total{{result=\"{}\"}}", result);
}

TEST(Cache, IsOffByDefault) {
  TestServer server;
  Ask(server);

  const TestAnswer answer = Ask(server);

  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.headers.contains("x-cache"));
  EXPECT_EQ(server.Metric("pp_doclayout_pages_total"), 2);
  for (const char* result : {"hit", "miss", "shared"}) EXPECT_EQ(server.Metric(Cached(result)), 0);
  for (const char* name : {"bytes", "limit_bytes", "evictions_total"}) {
    EXPECT_EQ(server.Metric(fmt::format("pp_doclayout_cache_{}", name)), 0);
  }
}

TEST(Cache, AnswersTheSameDocumentFromMemory) {
  TestServer server(WithCache());
  const TestAnswer first = Ask(server);

  const TestAnswer second = Ask(server);

  EXPECT_EQ(first.Header("x-cache"), "miss");
  EXPECT_EQ(second.Header("x-cache"), "hit");
  auto before = nlohmann::json::parse(first.body);
  auto after = nlohmann::json::parse(second.body);
  EXPECT_EQ(before["pages"], after["pages"]);
  EXPECT_EQ(before["model"], after["model"]);
  EXPECT_EQ(after["request_id"], second.Header("x-request-id"));
  EXPECT_EQ(after["timings_ms"]["inference"], 0);
  EXPECT_GT(after["timings_ms"]["total"], 0);
}

TEST(Cache, CountsWhatWasInferredAndWhatWasAnswered) {
  TestServer server(WithCache());
  for (int i = 0; i < 3; ++i) Ask(server);

  EXPECT_EQ(server.Metric("pp_doclayout_documents_total{outcome=\"ok\"}"), 3);
  EXPECT_EQ(server.Metric("pp_doclayout_pages_total"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_regions_total{label=\"text\"}"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_inference_latency_seconds_count"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_stage_duration_seconds_count{stage=\"inference\"}"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_stage_duration_seconds_count{stage=\"render\"}"), 3);
  EXPECT_EQ(server.Metric(Cached("miss")), 1);
  EXPECT_EQ(server.Metric(Cached("hit")), 2);
  EXPECT_GT(server.Metric("pp_doclayout_cache_bytes"), 0);
  EXPECT_EQ(server.Metric("pp_doclayout_cache_limit_bytes"), 1 << 20);
  EXPECT_EQ(server.Metric("pp_doclayout_load_ratio"), 0);
}

TEST(Cache, DoesNotCareHowTheDocumentCame) {
  TestServer server(WithCache());
  Ask(server);
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + WhiteBmp() + "\r\n--b--\r\n";

  const TestAnswer answer =
      TestClient(server.port())
          .Request(MakeRequest("POST", "/analyze", "Content-Type: multipart/form-data; boundary=b\r\n", form));

  EXPECT_EQ(answer.Header("x-cache"), "hit");
}

TEST(Cache, AnalysesAnewForOtherParametersAndDocuments) {
  TestServer server(WithCache());
  Ask(server, "threshold=0.5&nms=1");

  EXPECT_EQ(Ask(server).Header("x-cache"), "miss");
  EXPECT_EQ(Ask(server, "threshold=0.6&nms=1").Header("x-cache"), "miss");
  EXPECT_EQ(Ask(server, "nms=1&threshold=0.5&timeout_ms=9000&priority=bulk").Header("x-cache"), "hit");
  const std::string other = MakeRequest("POST", "/analyze", "Content-Type: image/bmp\r\n", WhiteBmp(3, 2));
  EXPECT_EQ(TestClient(server.port()).Request(other).Header("x-cache"), "miss");
}

TEST(Cache, AnalysesAnewWithAnotherModel) {
  TestServer server(WithCache());
  Ask(server);

  server.pages().Exchange(std::make_shared<FakeModel>(FakeModelSteps{.name = "newer"}));

  const TestAnswer answer = Ask(server);
  EXPECT_EQ(answer.Header("x-cache"), "miss");
  EXPECT_EQ(nlohmann::json::parse(answer.body)["model"]["name"], "newer");
}

TEST(Cache, DrawsOnThePageWhatWasFoundForJson) {
  TestServer server(WithCache());
  Ask(server);

  const TestAnswer answer = Ask(server, "format=png");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("x-cache"), "hit");
  EXPECT_THAT(answer.body, StartsWith("\x89PNG"));
  EXPECT_EQ(server.Metric("pp_doclayout_pages_total"), 1);
}

TEST(Cache, RefusesToDrawSeveralPagesThatItHas) {
  TestServer server(WithCache());
  const auto ask = [&](std::string_view target) {
    return TestClient(server.port())
        .Request(MakeRequest("POST", target, "Content-Type: image/tiff\r\n", TwoPageTiff()));
  };
  ask("/analyze");

  const TestAnswer hit = ask("/analyze");
  const TestAnswer drawn = ask("/analyze?format=png");

  EXPECT_EQ(hit.Header("x-cache"), "hit");
  EXPECT_EQ(nlohmann::json::parse(hit.body)["pages"].size(), 2);
  EXPECT_EQ(CodeOf(drawn), "bad_parameter");
  EXPECT_FALSE(drawn.headers.contains("x-cache"));
}

TEST(Cache, GivesUpOldAnswersForNewOnes) {
  TestSetup setup = WithCache();
  setup.options.answer_cache_bytes = 1000;
  TestServer server(setup);
  for (const char* threshold : {"0.1", "0.2", "0.3", "0.4"}) Ask(server, fmt::format("threshold={}", threshold));

  EXPECT_GT(server.Metric("pp_doclayout_cache_evictions_total"), 0);
  EXPECT_LE(server.Metric("pp_doclayout_cache_bytes"), 1000);
  EXPECT_EQ(Ask(server, "threshold=0.4").Header("x-cache"), "hit");
  EXPECT_EQ(Ask(server, "threshold=0.1").Header("x-cache"), "miss");
}

TEST(Cache, InfersOnceForRequestsAtOnce) {
  Gate gate;
  TestServer server(WithCache(&gate));
  const auto leader = Send(server, 1);
  gate.WaitForBegun(1);
  const auto json = Send(server, 2);
  const auto png = Send(server, 3, "format=png");
  WaitForFollowers(server, 2);

  gate.Open();

  EXPECT_EQ(leader->Receive().Header("x-cache"), "miss");
  const TestAnswer shared = json->Receive();
  EXPECT_EQ(shared.Header("x-cache"), "hit");
  EXPECT_EQ(nlohmann::json::parse(shared.body)["request_id"], shared.Header("x-request-id"));
  EXPECT_THAT(png->Receive().body, StartsWith("\x89PNG"));
  EXPECT_EQ(gate.begun(), 1);
  // What cannot be seen from outside is whether they had begun to wait, or were about to.
  EXPECT_EQ(server.Metric(Cached("shared")) + server.Metric(Cached("hit")), 2);
  EXPECT_EQ(server.Metric("pp_doclayout_pages_total"), 1);
}

TEST(Cache, AnswersWhoWaitsThoughTheFirstCallerLeaves) {
  Gate gate;
  TestServer server(WithCache(&gate));
  const auto leader = Send(server, 1);
  gate.WaitForBegun(1);
  const auto follower = Send(server, 2);
  WaitForFollowers(server, 1);

  leader->Close();
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_documents_total{outcome=\"cancelled\"}", 1));
  gate.Open();

  const TestAnswer answer = follower->Receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("x-cache"), "miss");
  EXPECT_EQ(gate.begun(), 2);
}

TEST(Cache, AnswersWhoWaitsThoughTheFirstIsTooLate) {
  Gate gate;
  TestServer server(WithCache(&gate));
  const auto leader = Send(server, 1, "timeout_ms=500");
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_slots_busy", 1));
  const auto follower = Send(server, 2);

  EXPECT_EQ(leader->Receive().status, 504);
  gate.Open();

  EXPECT_EQ(follower->Receive().status, 200);
  EXPECT_EQ(server.Metric(Cached("miss")), 1);
}

TEST(Cache, EndsWhoWaitsAtItsOwnDeadline) {
  Gate gate;
  TestServer server(WithCache(&gate));
  const auto leader = Send(server, 1);
  gate.WaitForBegun(1);

  EXPECT_EQ(Ask(server, "timeout_ms=50").status, 504);
  gate.Open();

  EXPECT_EQ(leader->Receive().status, 200);
  EXPECT_EQ(gate.begun(), 1);
}

TEST(Cache, PassesByWhoHasLeftWhileItWaited) {
  Gate gate;
  TestServer server(WithCache(&gate));
  const auto leader = Send(server, 1);
  gate.WaitForBegun(1);
  const auto gone = Send(server, 2);
  WaitForFollowers(server, 1);
  const double body = server.Metric("pp_doclayout_body_bytes_in_flight");
  const auto last = Send(server, 3);
  WaitForFollowers(server, 2);
  gone->Close();
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_documents_total{outcome=\"cancelled\"}", 1));
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_body_bytes_in_flight", body)) << "its own is freed";

  leader->Close();
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_documents_total{outcome=\"cancelled\"}", 2));
  gate.Open();

  EXPECT_EQ(last->Receive().status, 200);
}

TEST(Cache, LetsEachTryADocumentThatFails) {
  Gate gate;
  TestSetup setup = WithCache();
  const auto guarded = gate.Guarded();
  setup.model.infer = [&](const Page& page) -> Result<PageLayout> {
    (void)guarded(page);
    return Fail(ErrorCode::kInternal, "told to");
  };
  TestServer server(std::move(setup));
  const auto leader = Send(server, 1);
  gate.WaitForBegun(1);
  const auto follower = Send(server, 2);
  WaitForFollowers(server, 1);

  gate.Open();

  EXPECT_EQ(leader->Receive().status, 500);
  EXPECT_EQ(follower->Receive().status, 500);
  EXPECT_EQ(gate.begun(), 2);
  EXPECT_EQ(server.Metric("pp_doclayout_cache_bytes"), 0);
}

TEST(Cache, LetsInteractiveRequestsNotWaitForBulkOnes) {
  Gate gate;
  TestSetup setup = WithCache(&gate);
  setup.policy.slots = 2;
  TestServer server(setup);
  const auto bulk = Send(server, 1, "priority=bulk");
  gate.WaitForBegun(1);

  const auto interactive = Send(server, 2);
  gate.WaitForBegun(2);
  gate.Open();

  EXPECT_EQ(bulk->Receive().status, 200);
  EXPECT_EQ(interactive->Receive().Header("x-cache"), "miss");
}

}  // namespace
}  // namespace doclayout::http
