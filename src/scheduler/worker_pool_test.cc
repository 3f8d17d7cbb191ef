#include "scheduler/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

#include "base/testing/fake_clock.h"

namespace doclayout::scheduler {
namespace {

/// A task that runs until told to stop, and says when it has begun.
struct Blocker {
  std::promise<void> begun;
  std::promise<void> release;

  WorkerPool::Task Task() {
    return [this, released = release.get_future().share()](int, Duration) {
      begun.set_value();
      released.wait();
    };
  }
};

TEST(WorkerPool, RefusesAtOnceWhenFull) {
  FakeClock clock;
  WorkerPool pool({.slots = 1, .capacity = 1}, clock);
  Blocker running;
  ASSERT_TRUE(pool.TrySubmit(running.Task()));
  running.begun.get_future().wait();
  ASSERT_TRUE(pool.TrySubmit([](int, Duration) {}));

  const Result<void> third = pool.TrySubmit([](int, Duration) {});

  EXPECT_EQ(third.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(pool.Queued(), 1U);
  EXPECT_EQ(pool.Busy(), 1);
  running.release.set_value();
}

TEST(WorkerPool, RunsWhatItAcceptedAlsoAfterClose) {
  FakeClock clock;
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.slots = 2, .capacity = 64}, clock);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.TrySubmit([&](int, Duration) { ++ran; }));
    pool.Close();
    EXPECT_EQ(pool.TrySubmit([](int, Duration) {}).error().code, ErrorCode::kDraining);
  }
  EXPECT_EQ(ran, 50);
}

TEST(WorkerPool, TellsATaskHowLongItWaited) {
  FakeClock clock;
  WorkerPool pool({.slots = 1, .capacity = 4}, clock);
  Blocker running;
  ASSERT_TRUE(pool.TrySubmit(running.Task()));
  running.begun.get_future().wait();
  std::promise<Duration> waited;
  ASSERT_TRUE(pool.TrySubmit([&](int, Duration queued) { waited.set_value(queued); }));

  clock.Advance(std::chrono::milliseconds(30));
  running.release.set_value();

  EXPECT_EQ(waited.get_future().get(), std::chrono::milliseconds(30));
}

TEST(WorkerPool, GivesEachSlotToOneThread) {
  FakeClock clock;
  std::array<std::atomic<int>, 3> inside{};
  std::atomic<bool> shared{false};
  {
    WorkerPool pool({.slots = 3, .capacity = 1000}, clock);
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(pool.TrySubmit([&](int slot, Duration) {
        if (++inside[static_cast<std::size_t>(slot)] != 1) shared = true;
        --inside[static_cast<std::size_t>(slot)];
      }));
    }
  }
  EXPECT_FALSE(shared);
}

TEST(WorkerPool, RetryAfterFollowsTheMeasuredTimeOfATask) {
  FakeClock clock;
  WorkerPool pool({.slots = 1, .capacity = 10}, clock);
  std::promise<void> first;
  ASSERT_TRUE(pool.TrySubmit([&](int, Duration) {
    clock.Advance(std::chrono::seconds(2));
    first.set_value();
  }));
  first.get_future().wait();
  Blocker running;
  ASSERT_TRUE(pool.TrySubmit(running.Task()));
  running.begun.get_future().wait();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.TrySubmit([](int, Duration) {}));

  EXPECT_EQ(pool.RetryAfterSeconds(), 12);

  running.release.set_value();
}

}  // namespace
}  // namespace doclayout::scheduler
