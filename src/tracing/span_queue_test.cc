#include "tracing/span_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/testing/fake_clock.h"

namespace doclayout::tracing {
namespace {

using std::chrono::seconds;

constexpr SpanQueue::Options kOptions{.capacity = 6, .batch = 4, .longest_wait = seconds(5)};

std::vector<Span> Group(std::size_t size) {
  return std::vector<Span>(size);
}

TEST(SpanQueue, RefusesAtOnceWhatFindsNoRoom) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);

  EXPECT_TRUE(queue.TryPush(Group(6)));

  EXPECT_FALSE(queue.TryPush(Group(1)));
  EXPECT_TRUE(queue.TryPush(Group(0)));
}

TEST(SpanQueue, TakesAGroupWholeOrNotAtAll) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);
  ASSERT_TRUE(queue.TryPush(Group(4)));

  EXPECT_FALSE(queue.TryPush(Group(3)));

  EXPECT_TRUE(queue.TryPush(Group(2)));
}

TEST(SpanQueue, HasRoomAgainForWhatWasTaken) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);
  ASSERT_TRUE(queue.TryPush(Group(6)));
  ASSERT_EQ(queue.Take().size(), 6U);

  EXPECT_TRUE(queue.TryPush(Group(6)));
}

TEST(SpanQueue, ABatchIsDueWhenItIsFull) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);
  ASSERT_TRUE(queue.TryPush(Group(3)));
  EXPECT_TRUE(queue.TakeIfDue().empty());

  ASSERT_TRUE(queue.TryPush(Group(1)));

  EXPECT_EQ(queue.TakeIfDue().size(), 4U);
}

TEST(SpanQueue, ABatchIsDueWhenItsOldestSpanHasWaitedForLong) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);
  ASSERT_TRUE(queue.TryPush(Group(1)));
  clock.Advance(seconds(4));
  ASSERT_TRUE(queue.TryPush(Group(1)));
  EXPECT_TRUE(queue.TakeIfDue().empty());

  clock.Advance(seconds(1));

  EXPECT_EQ(queue.TakeIfDue().size(), 2U);
  EXPECT_TRUE(queue.TakeIfDue().empty());
}

TEST(SpanQueue, KeepsGroupsTogether) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);
  ASSERT_TRUE(queue.TryPush(Group(3)));
  ASSERT_TRUE(queue.TryPush(Group(2)));

  EXPECT_EQ(queue.TakeIfDue().size(), 3U);

  EXPECT_TRUE(queue.TakeIfDue().empty());
}

TEST(SpanQueue, OnceClosedAllThatWaitsIsDueAndNothingIsAdded) {
  FakeClock clock;
  SpanQueue queue(kOptions, clock);
  ASSERT_TRUE(queue.TryPush(Group(1)));

  queue.Close();

  EXPECT_FALSE(queue.TryPush(Group(1)));
  EXPECT_EQ(queue.Take().size(), 1U);
  EXPECT_TRUE(queue.Take().empty());
}

TEST(SpanQueue, WakesWhoWaitsForABatch) {
  const SteadyClock clock;
  SpanQueue queue({.capacity = 6, .batch = 4, .longest_wait = std::chrono::hours(1)}, clock);
  auto taken = std::async(std::launch::async, [&queue] { return queue.Take().size(); });

  EXPECT_TRUE(queue.TryPush(Group(1)));
  EXPECT_TRUE(queue.TryPush(Group(3)));

  EXPECT_EQ(taken.get(), 4U);
}

TEST(SpanQueue, WakesWhoWaitsForItsEnd) {
  const SteadyClock clock;
  SpanQueue queue(kOptions, clock);
  auto closed = std::async(std::launch::async, [&queue] { return queue.WaitForClose(std::chrono::hours(1)); });

  queue.Close();

  EXPECT_TRUE(closed.get());
}

TEST(SpanQueue, WaitsForItsEndOnlyForSoLong) {
  const SteadyClock clock;
  SpanQueue queue(kOptions, clock);

  EXPECT_FALSE(queue.WaitForClose(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace doclayout::tracing
