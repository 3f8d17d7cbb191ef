#include "scheduler/policy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace doclayout::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{seconds(1000)};

/// One slot, a page takes exactly 100 ms and nothing outside it.
Policy::Options Simple() {
  Policy::Options options;
  options.first_guess = milliseconds(100);
  options.overhead_guess = milliseconds(0);
  return options;
}

RequestSpec From(std::string client, TimePoint deadline = TimePoint::max()) {
  return {.client = std::move(client), .deadline = Deadline::At(deadline)};
}

/// A request of one page that waits for a slot.
RequestId AdmitAndPush(Policy& policy, const RequestSpec& spec, TimePoint now = kStart) {
  const auto id = policy.Admit(spec, now);
  EXPECT_TRUE(id) << id.error().message;
  for (int page = 0; page < spec.pages; ++page) EXPECT_TRUE(policy.Push({*id, page}, now));
  return *id;
}

TEST(Policy, GivesAPageToAFreeSlot) {
  Policy policy(Simple());
  const RequestId id = AdmitAndPush(policy, From("a"));

  const auto taken = policy.Take(kStart);

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->pages, (std::vector<PageRef>{{id, 0}}));
  EXPECT_EQ(policy.busy(), 1);
  EXPECT_FALSE(policy.Take(kStart));
}

TEST(Policy, RefusesWhenSoManyWait) {
  Policy::Options options = Simple();
  options.queue_capacity = 2;
  options.spare_places = 0;
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  AdmitAndPush(policy, From("a"));

  const auto third = policy.Admit(From("b"), kStart);

  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().reason, RefusalReason::kQueueFull);
  EXPECT_EQ(third.error().message, "2 documents wait already, which is the limit; try again in 1 s");
}

TEST(Policy, KeepsPlacesForClientsThatHaveNoneWaiting) {
  Policy::Options options = Simple();
  options.queue_capacity = 2;
  options.spare_places = 1;
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  AdmitAndPush(policy, From("a"));

  EXPECT_FALSE(policy.Admit(From("a"), kStart));
  EXPECT_TRUE(policy.Admit(From("b"), kStart));
  EXPECT_FALSE(policy.Admit(From("c"), kStart));
}

TEST(Policy, CountsARequestAsWaitingUntilItsFirstPageIsTaken) {
  Policy::Options options = Simple();
  options.queue_capacity = 1;
  options.spare_places = 0;
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  EXPECT_EQ(policy.waiting_requests(), 1U);

  policy.Take(kStart);

  EXPECT_EQ(policy.waiting_requests(), 0U);
  EXPECT_TRUE(policy.Admit(From("a"), kStart));
}

TEST(Policy, RefusesAtOnceWhatCannotBeReadyInTime) {
  Policy policy(Simple());
  for (int i = 0; i < 9; ++i) AdmitAndPush(policy, From("a"));

  const auto late = policy.Admit(From("a", kStart + milliseconds(500)), kStart);

  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason, RefusalReason::kTooLate);
  EXPECT_EQ(late.error().message, "the answer would take about 1.1 s, and 0.5 s are allowed; try again in 1 s");
  EXPECT_TRUE(policy.Admit(From("a", kStart + milliseconds(1110)), kStart));
}

TEST(Policy, RetryAfterIsWhenItWouldBeAccepted) {
  Policy policy(Simple());
  for (int i = 0; i < 60; ++i) AdmitAndPush(policy, From("a"));

  EXPECT_EQ(policy.Admit(From("a", kStart + milliseconds(2500)), kStart).error().retry_after_seconds, 5);
}

TEST(Policy, PredictsForEachClientByItsOwnTurn) {
  Policy policy(Simple());
  RequestSpec many = From("many");
  many.pages = 1000;
  AdmitAndPush(policy, many);

  EXPECT_NEAR(policy.PredictSeconds(From("one"), kStart), 0.2, 1e-9);
  EXPECT_TRUE(policy.Admit(From("one", kStart + milliseconds(250)), kStart));
}

TEST(Policy, PredictsThatBulkWaitsForInteractive) {
  Policy policy(Simple());
  for (int i = 0; i < 100; ++i) {
    if (i < 60) AdmitAndPush(policy, From("a"));
  }
  RequestSpec bulk = From("b");
  bulk.priority = Priority::kBulk;

  // Of eight pages one is bulk's: seven go first.
  EXPECT_NEAR(policy.PredictSeconds(bulk, kStart), 0.8, 1e-9);
}

TEST(Policy, SubtractsWhatTheRunningPageHasHad) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));
  policy.Take(kStart);

  EXPECT_NEAR(policy.PredictSeconds(From("a"), kStart + milliseconds(40)), 0.16, 1e-9);
}

TEST(Policy, LearnsHowLongPagesTake) {
  Policy policy(Simple());
  TimePoint now = kStart;
  for (int i = 0; i < 50; ++i) {
    AdmitAndPush(policy, From("a"), now);
    const auto taken = policy.Take(now);
    now += milliseconds(400);
    policy.Complete(taken->slot, false, now);
  }

  EXPECT_NEAR(policy.page_seconds(), 0.4, 1e-6);
}

/// A page that took so long.
void Measure(Policy& policy, Duration time, TimePoint end) {
  const RequestId id = AdmitAndPush(policy, From("measured"), end - time);
  const auto taken = policy.Take(end - time);
  ASSERT_TRUE(taken);
  policy.Complete(taken->slot, false, end);
  policy.Leave(id);
}

TEST(Policy, RefusesADocumentWithTooManyPagesForItsDeadline) {
  Policy policy(Simple());
  Measure(policy, milliseconds(100), kStart);
  const auto id = policy.Admit(From("a", kStart + milliseconds(1100)), kStart);

  EXPECT_FALSE(policy.SetPages(*id, 9, kStart));
  const auto refusal = policy.SetPages(*id, 11, kStart);

  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, RefusalReason::kTooLate);
  EXPECT_EQ(refusal->retry_after_seconds, 0) << "waiting is of no use";
  EXPECT_EQ(
      refusal->message,
      "the answer would take about 1.2 s, and 1.1 s are allowed; its 11 pages would take 1.2 s if nothing waited: "
      "allow more time");
}

TEST(Policy, TriesADocumentWithManyPagesWhenNothingWasMeasuredForAWhile) {
  Policy policy(Simple());
  Measure(policy, seconds(5), kStart);
  const TimePoint later = kStart + milliseconds(10'001);

  EXPECT_FALSE(
      policy.Admit({.client = "a", .deadline = Deadline::At(kStart + seconds(11)), .pages = 9}, kStart + seconds(10)));
  EXPECT_TRUE(policy.Admit({.client = "a", .deadline = Deadline::At(later + seconds(1)), .pages = 9}, later));
}

TEST(Policy, NeverRefusesForItsTimeWhatFindsAFreeSlot) {
  Policy policy(Simple());
  Measure(policy, seconds(60), kStart);

  EXPECT_TRUE(policy.Admit(From("a", kStart + milliseconds(200)), kStart));
  const auto behind = policy.Admit(From("a", kStart + milliseconds(200)), kStart);

  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().reason, RefusalReason::kTooLate);
  EXPECT_EQ(behind.error().retry_after_seconds, 60) << "then the slot is free, and it is tried";
  EXPECT_TRUE(policy.Expire(kStart + milliseconds(199)).empty()) << "what was accepted to be tried is tried";
  EXPECT_EQ(policy.Expire(kStart + milliseconds(200)).size(), 1U);
}

TEST(Policy, GivesUpInTimeWhatIsBehindARequestThatIsTried) {
  Policy policy(Simple());
  Measure(policy, milliseconds(100), kStart);
  AdmitAndPush(policy, From("a", kStart + milliseconds(1000)));  // finds the slot free
  AdmitAndPush(policy, From("b", kStart + milliseconds(1050)));

  EXPECT_EQ(policy.NextEvent(kStart), kStart);  // a page waits and a slot is free
  policy.Take(kStart);
  EXPECT_EQ(policy.Expire(kStart + milliseconds(959)).size(), 0U);
  EXPECT_EQ(policy.Expire(kStart + milliseconds(960)).size(), 1U) << "the least time of a page before the deadline";
}

TEST(Policy, JudgesAnewWhatComesBackForSlots) {
  Policy policy(Simple());
  Measure(policy, milliseconds(100), kStart);
  const auto id = policy.Admit(From("a", kStart + milliseconds(1000)), kStart);  // finds the slot free
  policy.SetPages(*id, 0, kStart);
  AdmitAndPush(policy, From("b"));

  policy.SetPages(*id, 1, kStart);

  EXPECT_EQ(policy.Expire(kStart + milliseconds(910)).size(), 1U) << "given up when a page's time is not left";
}

TEST(Policy, OneSlowPageDoesNotKeepTheNextOnesAway) {
  Policy policy(Simple());
  TimePoint now = kStart;
  for (int i = 0; i < 20; ++i) Measure(policy, milliseconds(100), now += milliseconds(100));

  Measure(policy, seconds(60), now += seconds(60));

  EXPECT_LT(policy.PredictSeconds(From("a"), now), 0.15);
  AdmitAndPush(policy, From("a"), now);
  policy.Take(now);
  EXPECT_TRUE(policy.Admit(From("a", now + seconds(1)), now)) << "behind another, within ten times its time";
}

TEST(Policy, DoesNotRefuseAfterAllWhatItHasAdmitted) {
  Policy policy(Simple());
  const auto id = policy.Admit(From("a", kStart + milliseconds(300)), kStart);
  for (int i = 0; i < 10; ++i) AdmitAndPush(policy, From("a"));

  EXPECT_FALSE(policy.SetPages(*id, 1, kStart + milliseconds(250)));
}

TEST(Policy, CountsNoLoadOfARequestThatWaitsForNoSlot) {
  Policy policy(Simple());
  const auto id = policy.Admit(From("a", kStart + milliseconds(300)), kStart);

  EXPECT_FALSE(policy.SetPages(*id, 0, kStart + milliseconds(290))) << "there is nothing that could be too late";

  EXPECT_EQ(policy.load(), 0);
  EXPECT_NEAR(policy.PredictSeconds(From("a"), kStart), 0.1, 1e-9);
  EXPECT_EQ(policy.waiting_requests(), 1);
  EXPECT_EQ(policy.Expire(kStart + milliseconds(300)).size(), 1);
  EXPECT_EQ(policy.waiting_requests(), 0);
}

TEST(Policy, TakesPagesOfARequestThatNeededNoneAtFirst) {
  Policy policy(Simple());
  const auto id = policy.Admit(From("a"), kStart);
  policy.SetPages(*id, 0, kStart);

  EXPECT_FALSE(policy.SetPages(*id, 2, kStart));
  policy.Push({*id, 0}, kStart);
  policy.Push({*id, 1}, kStart);

  EXPECT_EQ(policy.load(), 2);
  policy.Complete(policy.Take(kStart)->slot, false, kStart);
  policy.Complete(policy.Take(kStart)->slot, false, kStart);
  policy.Leave(*id);
  EXPECT_EQ(policy.load(), 0);
  EXPECT_EQ(policy.requests(), 0);
}

TEST(Policy, LetsExpiredRequestsLeaveWithoutASlot) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));
  policy.Take(kStart);
  RequestSpec spec = From("b", kStart + milliseconds(350));
  spec.pages = 2;
  const RequestId id = AdmitAndPush(policy, spec);

  EXPECT_EQ(policy.NextEvent(kStart), kStart + milliseconds(350));
  EXPECT_TRUE(policy.Expire(kStart + milliseconds(349)).empty());
  const auto expired = policy.Expire(kStart + milliseconds(350));

  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].request, id);
  EXPECT_EQ(expired[0].waiting, (std::vector<int>{0, 1}));
  EXPECT_EQ(policy.waiting_pages(), 0U);
  EXPECT_FALSE(policy.Push({id, 2}, kStart + milliseconds(350)));
}

TEST(Policy, GivesUpWhatASlotWouldInferTooLate) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));
  policy.Complete(policy.Take(kStart)->slot, false, kStart + milliseconds(100));
  const TimePoint now = kStart + milliseconds(100);
  AdmitAndPush(policy, From("a"), now);
  const auto running = policy.Take(now);
  const RequestId id = AdmitAndPush(policy, From("b", now + milliseconds(300)), now);

  // A page takes 100 ms, and with what the machine's pace varies by at least 90 ms.
  EXPECT_EQ(policy.NextEvent(now), now + milliseconds(210));
  EXPECT_TRUE(policy.Expire(now + milliseconds(209)).empty());
  const auto expired = policy.Expire(now + milliseconds(210));

  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].request, id);
  EXPECT_FALSE(expired[0].passed);
  EXPECT_EQ(expired[0].waiting, std::vector<int>{0});
  EXPECT_TRUE(policy.Complete(running->slot, false, now + milliseconds(250)));
  EXPECT_FALSE(policy.Take(now + milliseconds(250)));
}

TEST(Policy, LeavesTheWholeTimeToWhatTheSlotsHaveTaken) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));
  policy.Complete(policy.Take(kStart)->slot, false, kStart + milliseconds(100));
  const TimePoint now = kStart + milliseconds(100);
  AdmitAndPush(policy, From("b", now + milliseconds(150)), now);
  policy.Take(now);
  AdmitAndPush(policy, From("c", now + milliseconds(400)), now);

  EXPECT_EQ(policy.NextEvent(now), now + milliseconds(150));
  EXPECT_TRUE(policy.Expire(now + milliseconds(149)).empty());
  EXPECT_EQ(policy.Expire(now + milliseconds(150)).size(), 1U);
  EXPECT_EQ(policy.NextEvent(now + milliseconds(150)), now + milliseconds(310));
}

TEST(Policy, ExpiresRequestsWhosePageIsInASlotToo) {
  Policy policy(Simple());
  const RequestId id = AdmitAndPush(policy, From("a", kStart + milliseconds(300)));
  const auto taken = policy.Take(kStart);

  const auto expired = policy.Expire(kStart + milliseconds(300));

  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].request, id);
  EXPECT_TRUE(expired[0].waiting.empty());
  EXPECT_EQ(policy.busy(), 1);  // nobody can stop an inference
  EXPECT_TRUE(policy.Complete(taken->slot, false, kStart + milliseconds(400)));
}

TEST(Policy, FreesTheWaitingPagesOfACallerWhoLeaves) {
  Policy policy(Simple());
  RequestSpec spec = From("a");
  spec.pages = 3;
  const RequestId id = AdmitAndPush(policy, spec);
  policy.Take(kStart);

  EXPECT_EQ(policy.Leave(id), (std::vector<int>{1, 2}));
  EXPECT_TRUE(policy.Leave(id).empty());

  EXPECT_EQ(policy.waiting_pages(), 0U);
  EXPECT_EQ(policy.requests(), 0U);
  EXPECT_EQ(policy.load(), 1.0);
}

TEST(Policy, LoadIsWhatIsAcceptedAndNotDoneOverTheSlots) {
  Policy::Options options = Simple();
  options.slots = 2;
  Policy policy(options);
  RequestSpec spec = From("a");
  spec.pages = 5;
  AdmitAndPush(policy, spec);
  policy.Take(kStart);

  EXPECT_EQ(policy.load(), 2.5);
}

TEST(Policy, FindsASlotThatIsStuckOnce) {
  Policy::Options options = Simple();
  options.slots = 2;
  options.inference_limit = seconds(10);
  Policy policy(options);
  const RequestId id = AdmitAndPush(policy, From("a"));
  const int slot = policy.Take(kStart)->slot;

  EXPECT_EQ(policy.NextEvent(kStart), kStart + seconds(10));
  const auto stuck = policy.FindStuck(kStart + seconds(10));

  ASSERT_EQ(stuck.size(), 1U);
  EXPECT_EQ(stuck[0].slot, slot);
  EXPECT_EQ(stuck[0].pages, (std::vector<PageRef>{{id, 0}}));
  EXPECT_TRUE(policy.FindStuck(kStart + seconds(11)).empty());
  EXPECT_EQ(policy.stuck(), 1);
  EXPECT_FALSE(policy.Complete(slot, false, kStart + seconds(12)));  // it came to an end after all: too late
}

TEST(Policy, GoesOnWithTheOtherSlots) {
  Policy::Options options = Simple();
  options.slots = 2;
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  const int stuck = policy.Take(kStart)->slot;
  policy.FindStuck(kStart + seconds(60));

  for (int i = 0; i < 3; ++i) {
    AdmitAndPush(policy, From("a"), kStart + seconds(60));
    const auto taken = policy.Take(kStart + seconds(60));
    ASSERT_TRUE(taken);
    EXPECT_NE(taken->slot, stuck);
    policy.Complete(taken->slot, false, kStart + seconds(61));
  }
}

TEST(Policy, RefusesWhenEverySlotIsStuckUntilOneIsReplaced) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));
  const int slot = policy.Take(kStart)->slot;
  policy.FindStuck(kStart + seconds(60));

  EXPECT_EQ(policy.Admit(From("a"), kStart + seconds(60)).error().reason, RefusalReason::kEngine);
  policy.Replace(slot);

  AdmitAndPush(policy, From("a"), kStart + seconds(60));
  EXPECT_TRUE(policy.Take(kStart + seconds(60)));
}

TEST(Policy, GivesEachInferenceOfABatchThatIsTriedOneByOneItsTime) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));
  const int slot = policy.Take(kStart)->slot;

  policy.Renew(slot, kStart + seconds(50));

  EXPECT_EQ(policy.NextEvent(kStart + seconds(50)), kStart + seconds(110));
  EXPECT_TRUE(policy.FindStuck(kStart + seconds(109)).empty());
  EXPECT_EQ(policy.FindStuck(kStart + seconds(110)).size(), 1U);
}

TEST(Policy, StopsWhenTheEngineFailsAndTriesWithOnePage) {
  Policy::Options options = Simple();
  options.slots = 2;
  options.breaker = {.failures = 1, .open_for = seconds(5)};
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  policy.Complete(policy.Take(kStart)->slot, true, kStart);
  EXPECT_EQ(policy.Admit(From("a"), kStart).error().reason, RefusalReason::kEngine);
  EXPECT_EQ(policy.Admit(From("a"), kStart).error().retry_after_seconds, 5);

  const TimePoint later = kStart + seconds(5);
  AdmitAndPush(policy, From("a"), later);
  AdmitAndPush(policy, From("a"), later);
  const auto probe = policy.Take(later);
  ASSERT_TRUE(probe);
  EXPECT_FALSE(policy.Take(later));
  EXPECT_EQ(policy.NextEvent(later), later + seconds(60));  // nothing to do but to see whether the probe is stuck
  policy.Complete(probe->slot, false, later);

  EXPECT_EQ(policy.breaker(later), Breaker::State::kClosed);
  EXPECT_TRUE(policy.Take(later));
}

TEST(Policy, WaitsWithWhatItAcceptedWhileTheEngineFails) {
  Policy::Options options = Simple();
  options.breaker = {.failures = 1, .open_for = seconds(5)};
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  AdmitAndPush(policy, From("a"));
  policy.Complete(policy.Take(kStart)->slot, true, kStart);

  EXPECT_FALSE(policy.Take(kStart + seconds(4)));
  EXPECT_EQ(policy.NextEvent(kStart + seconds(4)), kStart + seconds(5));
  EXPECT_TRUE(policy.Take(kStart + seconds(5)));
}

TEST(Policy, GathersBatches) {
  Policy::Options options = Simple();
  options.batches = {.max_batch_size = 4, .max_queue_delay = milliseconds(10)};
  Policy policy(options);
  AdmitAndPush(policy, From("a"));
  AdmitAndPush(policy, From("b"), kStart + milliseconds(4));

  EXPECT_FALSE(policy.Take(kStart + milliseconds(4)));
  EXPECT_EQ(policy.NextEvent(kStart + milliseconds(4)), kStart + milliseconds(10));
  const auto taken = policy.Take(kStart + milliseconds(10));

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->pages.size(), 2U);
}

TEST(Policy, AcceptsNothingOnceClosedAndFinishesTheRest) {
  Policy policy(Simple());
  AdmitAndPush(policy, From("a"));

  policy.Close();

  EXPECT_EQ(policy.Admit(From("a"), kStart).error().reason, RefusalReason::kDraining);
  EXPECT_TRUE(policy.Take(kStart));
}

}  // namespace
}  // namespace doclayout::scheduler
