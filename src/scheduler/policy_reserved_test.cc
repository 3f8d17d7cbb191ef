// Requests with a place of their own: the service's look at itself, which no load may keep out or shut out.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "scheduler/policy.h"

namespace doclayout::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{seconds(1000)};

Policy::Options Small() {
  Policy::Options options;
  options.queue_capacity = 2;
  options.spare_places = 0;
  return options;
}

RequestSpec From(std::string client, bool reserved = false) {
  return {.client = std::move(client), .deadline = Deadline::At(kStart + seconds(20)), .reserved = reserved};
}

RequestId AdmitAndPush(Policy& policy, const RequestSpec& spec, TimePoint now) {
  const auto id = policy.Admit(spec, now);
  EXPECT_TRUE(id) << id.error().message;
  EXPECT_TRUE(policy.Push({*id, 0}, now));
  return *id;
}

RequestId TakeOne(Policy& policy, TimePoint now) {
  const auto taken = policy.Take(now);
  EXPECT_TRUE(taken);
  return taken ? taken->pages.front().request : 0;
}

TEST(PolicyReserved, IsAdmittedWhenTheQueueIsFull) {
  Policy policy(Small());
  for (const char* client : {"a", "b"}) AdmitAndPush(policy, From(client), kStart);
  ASSERT_TRUE(policy.Judge(From("c"), kStart));

  EXPECT_FALSE(policy.Judge(From("self", true), kStart));
  EXPECT_TRUE(policy.Admit(From("self", true), kStart));
}

TEST(PolicyReserved, TakesNobodysPlace) {
  Policy policy(Small());
  AdmitAndPush(policy, From("self", true), kStart);

  EXPECT_EQ(policy.waiting_requests(), 0U);
  for (const char* client : {"a", "b"}) AdmitAndPush(policy, From(client), kStart);
  EXPECT_EQ(policy.waiting_requests(), 2U);
}

TEST(PolicyReserved, IsNotJudgedByItsDeadline) {
  Policy::Options options = Small();
  options.first_guess = seconds(100);
  Policy policy(options);
  AdmitAndPush(policy, {.client = "a"}, kStart);
  TakeOne(policy, kStart);
  ASSERT_TRUE(policy.Judge(From("b"), kStart));

  EXPECT_FALSE(policy.Judge(From("self", true), kStart));
}

TEST(PolicyReserved, WaitsAsEverybodyAtFirst) {
  Policy policy(Small());
  const RequestId a = AdmitAndPush(policy, From("a"), kStart);
  AdmitAndPush(policy, From("self", true), kStart);

  EXPECT_EQ(TakeOne(policy, kStart), a);
}

TEST(PolicyReserved, IsNextOnceItHasWaited) {
  Policy::Options options = Small();
  options.queue_capacity = 1000;
  Policy policy(options);
  for (int i = 0; i < 500; ++i) AdmitAndPush(policy, {.client = "client " + std::to_string(i)}, kStart);
  const RequestId self = AdmitAndPush(policy, From("self", true), kStart);
  EXPECT_NE(TakeOne(policy, kStart + milliseconds(1999)), self);
  policy.Complete(0, false, kStart + milliseconds(2000));

  EXPECT_EQ(TakeOne(policy, kStart + seconds(2)), self);

  policy.Complete(0, false, kStart + milliseconds(2100));
  policy.Leave(self);
  EXPECT_NE(TakeOne(policy, kStart + milliseconds(2100)), self) << "the others go on behind it";
}

TEST(PolicyReserved, TriesAnEngineThatFailsAndIsNotAskedOtherwise) {
  Policy::Options options = Small();
  options.breaker.failures = 1;
  Policy policy(options);
  AdmitAndPush(policy, From("a"), kStart);
  AdmitAndPush(policy, From("b"), kStart);
  TakeOne(policy, kStart);
  policy.Complete(0, true, kStart);
  ASSERT_EQ(policy.Judge(From("c"), kStart)->reason, RefusalReason::kEngine);
  ASSERT_FALSE(policy.Take(kStart));

  const RequestId self = AdmitAndPush(policy, From("self", true), kStart);

  EXPECT_EQ(TakeOne(policy, kStart), self);
  EXPECT_FALSE(policy.Take(kStart));
  policy.Complete(0, false, kStart);
  EXPECT_EQ(policy.breaker(kStart), Breaker::State::kClosed);
}

TEST(PolicyReserved, ThatFailsDoesNotKeepTheBreakerOpenForLonger) {
  Policy::Options options = Small();
  options.breaker.failures = 1;
  Policy policy(options);
  AdmitAndPush(policy, From("a"), kStart);
  TakeOne(policy, kStart);
  policy.Complete(0, true, kStart);
  const TimePoint until = policy.broken_until();

  for (int i = 0; i < 3; ++i) {
    policy.Leave(AdmitAndPush(policy, From("self", true), kStart));
    AdmitAndPush(policy, From("self", true), kStart);
    TakeOne(policy, kStart);
    policy.Complete(0, true, kStart);
  }

  EXPECT_EQ(policy.broken_until(), until);
}

// What a service is scaled by: its look at itself is nobody's load, and no reason for another replica.
TEST(PolicyReserved, IsNoLoad) {
  Policy policy(Small());
  AdmitAndPush(policy, From("self", true), kStart);
  EXPECT_EQ(policy.load(), 0);
  AdmitAndPush(policy, From("a"), kStart);
  EXPECT_EQ(policy.load(), 1);

  TakeOne(policy, kStart);
  EXPECT_EQ(policy.load(), 1);
  policy.Complete(0, false, kStart);
  TakeOne(policy, kStart);
  EXPECT_EQ(policy.load(), 1);
  policy.Complete(0, false, kStart);
  EXPECT_EQ(policy.load(), 0);
}

TEST(PolicyReserved, LeavesAtItsDeadline) {
  Policy policy(Small());
  AdmitAndPush(policy, From("a"), kStart);
  TakeOne(policy, kStart);
  const RequestId self = AdmitAndPush(policy, From("self", true), kStart);

  EXPECT_TRUE(policy.Expire(kStart + milliseconds(19'999)).empty());
  const auto expired = policy.Expire(kStart + seconds(20));

  ASSERT_EQ(expired.size(), 2U);
  EXPECT_TRUE(expired[0].request == self || expired[1].request == self);
}

}  // namespace
}  // namespace doclayout::scheduler
