#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/testing/test_server.h"

// How requests are admitted, take turns on the slots and end: the scheduler as callers see it.

namespace doclayout::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

/// Pages are thought to take no time, so that no deadline is too near to be tried.
scheduler::Policy::Options Quick(int slots = 1) {
  return {.slots = slots, .spare_places = 0, .first_guess = Duration(0), .overhead_guess = Duration(0)};
}

/// `POST /analyze` of a BMP of that width, by which a fake model knows it.
std::string PageRequestText(int width, std::string_view query = "") {
  return MakeRequest("POST", query.empty() ? "/analyze" : fmt::format("/analyze?{}", query),
                     "Content-Type: image/bmp\r\n", WhiteBmp(width, 2));
}

std::string TwoPagesText(std::string_view query = "") {
  return MakeRequest("POST", query.empty() ? "/analyze" : fmt::format("/analyze?{}", query),
                     "Content-Type: image/tiff\r\n", TwoPageTiff());
}

/// A model's step that hangs at pages of that width. Its thread may end after everything else: it keeps the gate.
std::function<Result<PageLayout>(const Page&)> HangsAt(int width, const std::shared_ptr<Gate>& gate) {
  return [width, gate, guarded = gate->Guarded()](const Page& page) {
    return page.image.width() == width ? guarded(page) : OneRegion(page);
  };
}

int ReadyStatus(const TestServer& server) {
  return TestClient(server.port()).Request(MakeRequest("GET", "/ready")).status;
}

TEST(Scheduling, InfersPagesAtOnceAndAnswersThemInTheirOrder) {
  std::promise<void> second;
  const std::shared_future<void> second_done = second.get_future().share();
  TestServer server({.policy = Quick(2), .model = {.infer = [&](const Page& page) {
                                           if (page.index == 0) second_done.wait();
                                           if (page.index == 1) second.set_value();
                                           return OneRegion(page);
                                         }}});

  const TestAnswer answer = TestClient(server.port()).Request(TwoPagesText());

  ASSERT_EQ(answer.status, 200);
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["pages"][0]["index"], 0);
  EXPECT_EQ(json["pages"][1]["index"], 1);
}

TEST(Scheduling, AnswersAtTheDeadlineWhateverTheModelDoes) {
  Gate gate;
  TestServer server({.policy = Quick(), .gate = &gate});

  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText("timeout_ms=50"));

  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(CodeOf(answer), "deadline_exceeded");
  EXPECT_EQ(server.Metric("pp_doclayout_documents_total{outcome=\"expired\"}"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_requests_in_progress"), 0);
}

TEST(Scheduling, LeavesTheQueueAtItsDeadlineWithoutHavingSeenASlot) {
  Gate gate;
  TestServer server({.policy = Quick(), .gate = &gate});
  TestClient running(server.port());
  running.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  const TestAnswer late = TestClient(server.port()).Request(AnalyzeRequestText("timeout_ms=50"));
  gate.Open();

  EXPECT_EQ(late.status, 504);
  EXPECT_EQ(running.Receive().status, 200);
  EXPECT_EQ(gate.begun(), 1);
}

TEST(Scheduling, TakesTheServicesTimeoutWhereARequestHasNone) {
  Gate gate;
  TestServer server({.options = {.host = "127.0.0.1", .port = 0, .request_timeout = milliseconds(50)},
                     .policy = Quick(),
                     .gate = &gate});

  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText()).status, 504);
}

/// A server with one slot, where a page that takes five seconds has just begun.
class BusyServer {
 public:
  BusyServer() {
    running_.Send(AnalyzeRequestText());
    gate_.WaitForBegun(1);
  }

  TestServer& server() { return server_; }

 private:
  Gate gate_;
  TestServer server_{{.policy = {.slots = 1, .first_guess = seconds(5)}, .gate = &gate_}};
  TestClient running_{server_.port()};
};

TEST(Scheduling, RefusesAtOnceWhatWouldBeTooLate) {
  BusyServer busy;
  TestClient client(busy.server().port());

  // The body is announced and never sent.
  const TestAnswer answer = client.Request(
      "POST /analyze?timeout_ms=8000 HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n");

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(CodeOf(answer), "overloaded");
  EXPECT_THAT(answer.body, HasSubstr("s, and 8.0 s are allowed; try again in 3 s"));
  EXPECT_EQ(answer.Header("retry-after"), "3");
  EXPECT_TRUE(busy.server().WaitForMetric(Rejected("too_late"), 1));
}

TEST(Scheduling, TellsWhomWaitingIsOfNoUseToAllowMoreTime) {
  BusyServer busy;

  const TestAnswer answer = TestClient(busy.server().port()).Request(TwoPagesText("timeout_ms=10900"));

  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("its 2 pages would take 11.0 s if nothing waited: allow more time"));
  EXPECT_EQ(answer.Header("retry-after"), "");
}

TEST(Scheduling, TellsWhenASlotWillBeFreeForAPageOfLittleTime) {
  BusyServer busy;

  const TestAnswer answer = TestClient(busy.server().port()).Request(AnalyzeRequestText("timeout_ms=1000"));

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.Header("retry-after"), "5");
}

TEST(Scheduling, RefusesADocumentOfMorePagesThanItsTimeHolds) {
  BusyServer busy;

  const TestAnswer answer = TestClient(busy.server().port()).Request(TwoPagesText("timeout_ms=12000"));

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(CodeOf(answer), "overloaded");
  EXPECT_THAT(answer.body, HasSubstr("s, and 12.0 s are allowed; try again in"));
  EXPECT_TRUE(busy.server().WaitForMetric(Rejected("too_late"), 1));
  EXPECT_TRUE(busy.server().WaitForMetric("pp_doclayout_load_ratio", 1)) << "the one that runs";
}

TEST(Scheduling, TriesWhatFindsAFreeSlotWhateverIsPredicted) {
  TestServer server({.policy = {.slots = 1, .first_guess = seconds(60)}});

  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText("timeout_ms=10000")).status, 200);
}

TEST(Scheduling, LetsInteractivePagesPassBulkOnes) {
  Gate gate;
  Mutex mutex;
  std::vector<int> widths;
  const auto guarded = gate.Guarded();
  TestServer server({.policy = Quick(), .model = {.infer = [&](const Page& page) {
                                          {
                                            const MutexLock lock(mutex);
                                            widths.push_back(page.image.width());
                                          }
                                          return guarded(page);
                                        }}});
  std::vector<std::unique_ptr<TestClient>> clients;
  const auto send = [&](int width, const char* priority) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    clients.back()->Send(PageRequestText(width, fmt::format("priority={}", priority)));
  };
  send(1, "interactive");
  gate.WaitForBegun(1);
  for (const int width : {2, 3}) {
    send(width, "bulk");
    ASSERT_TRUE(server.WaitForMetric("pp_doclayout_pages_waiting", width - 1));
  }
  send(4, "interactive");
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_pages_waiting", 3));

  gate.Open();

  for (const auto& client : clients) EXPECT_EQ(client->Receive().status, 200);
  const MutexLock lock(mutex);
  EXPECT_LT(std::ranges::find(widths, 4), std::ranges::find(widths, 3));
}

TEST(Scheduling, InfersWaitingPagesTogether) {
  scheduler::Policy::Options policy = Quick();
  policy.batches = {.max_batch_size = 2, .max_queue_delay = hours(1)};
  TestServer server({.policy = policy});
  TestClient first(server.port());
  TestClient second(server.port());

  first.Send(AnalyzeRequestText());
  second.Send(AnalyzeRequestText());

  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(second.Receive().status, 200);
  EXPECT_EQ(server.Metric("pp_doclayout_batch_size_bucket{le=\"1\"}"), 0);
  EXPECT_EQ(server.Metric("pp_doclayout_batch_size_bucket{le=\"2\"}"), 2);
}

TEST(Scheduling, FailsOnlyTheBadPageOfABatch) {
  scheduler::Policy::Options policy = Quick();
  policy.batches = {.max_batch_size = 2, .max_queue_delay = hours(1)};
  TestServer server({.policy = policy, .model = {.infer = [](const Page& page) -> Result<PageLayout> {
                                         if (page.image.width() == 3) return Fail(ErrorCode::kInternal, "told to");
                                         return OneRegion(page);
                                       }}});
  TestClient good(server.port());
  TestClient bad(server.port());

  good.Send(PageRequestText(2));
  bad.Send(PageRequestText(3));

  EXPECT_EQ(good.Receive().status, 200);
  EXPECT_EQ(bad.Receive().status, 500);
}

TEST(Scheduling, GivesUpOnASlotThatHangs) {
  const auto gate = std::make_shared<Gate>();
  std::promise<bool> stuck;
  scheduler::Policy::Options policy = Quick(2);
  policy.inference_limit = milliseconds(50);
  TestServer server({.policy = policy, .model = {.infer = HangsAt(3, gate)}, .on_stuck = [&](int, bool replaced) {
                       stuck.set_value(replaced);
                     }});
  EXPECT_EQ(ReadyStatus(server), 200);

  const TestAnswer answer = TestClient(server.port()).Request(PageRequestText(3));

  EXPECT_EQ(answer.status, 504);
  EXPECT_FALSE(stuck.get_future().get());
  EXPECT_EQ(ReadyStatus(server), 503);
  EXPECT_EQ(server.Metric("pp_doclayout_slots_stuck"), 1);
  EXPECT_EQ(TestClient(server.port()).Request(PageRequestText(2)).status, 200) << "the other slot works";
  gate->Open();
}

TEST(Scheduling, WorksOnWhereTheModelReplacesASlotThatHangs) {
  const auto gate = std::make_shared<Gate>();
  std::promise<bool> stuck;
  scheduler::Policy::Options policy = Quick();
  policy.inference_limit = milliseconds(50);
  TestServer server({.policy = policy,
                     .model = {.infer = HangsAt(3, gate), .replaces_slots = true},
                     .on_stuck = [&](int, bool replaced) { stuck.set_value(replaced); }});

  EXPECT_EQ(TestClient(server.port()).Request(PageRequestText(3)).status, 504);

  EXPECT_TRUE(stuck.get_future().get());
  EXPECT_EQ(ReadyStatus(server), 200);
  EXPECT_EQ(TestClient(server.port()).Request(PageRequestText(2)).status, 200);
  gate->Open();
}

TEST(Scheduling, StopsAskingAModelThatFailsAgainAndAgain) {
  scheduler::Policy::Options policy = Quick();
  policy.breaker = {.failures = 2, .open_for = hours(1), .longest = hours(1)};
  std::atomic<int> inferences = 0;
  TestServer server({.policy = policy, .model = {.infer = [&](const Page&) -> Result<PageLayout> {
                                         ++inferences;
                                         return Fail(ErrorCode::kInternal, "told to");
                                       }}});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText()).status, 500);

  const TestAnswer refused = TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(CodeOf(refused), "not_ready");
  EXPECT_EQ(refused.Header("retry-after"), "60");
  EXPECT_EQ(inferences, 2);
  EXPECT_EQ(ReadyStatus(server), 503);
  EXPECT_EQ(server.Metric("pp_doclayout_breaker_open"), 1);
  EXPECT_TRUE(server.WaitForMetric(Rejected("engine"), 1));
}

TEST(Scheduling, AsksTheModelAgainAfterAWhile) {
  scheduler::Policy::Options policy = Quick();
  policy.breaker = {.failures = 1, .open_for = milliseconds(1)};
  std::atomic<bool> broken = true;
  TestServer server({.policy = policy, .model = {.infer = [&](const Page& page) -> Result<PageLayout> {
                                         if (broken) return Fail(ErrorCode::kInternal, "told to");
                                         return OneRegion(page);
                                       }}});
  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText()).status, 500);
  broken = false;
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_breaker_open", 0.5));
  EXPECT_EQ(ReadyStatus(server), 200) << "a page has to come that can be tried";

  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText()).status, 200);

  EXPECT_EQ(server.Metric("pp_doclayout_breaker_open"), 0);
}

TEST(Scheduling, AnswersEachRequestByTheModelThatItCameTo) {
  Gate gate;
  TestServer server({.policy = Quick(), .gate = &gate});
  TestClient before(server.port());
  before.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  server.pages().Exchange(std::make_shared<FakeModel>(FakeModelSteps{.name = "newer"}));
  TestClient after(server.port());
  after.Send(AnalyzeRequestText());
  gate.Open();

  EXPECT_EQ(nlohmann::json::parse(before.Receive().body)["model"]["name"], "fake");
  EXPECT_EQ(nlohmann::json::parse(after.Receive().body)["model"]["name"], "newer");
}

}  // namespace
}  // namespace doclayout::http
