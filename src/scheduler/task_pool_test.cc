#include "scheduler/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

namespace doclayout::scheduler {
namespace {

using Kind = TaskPool::Kind;

/// A task that runs until told to stop, and says when it has begun.
struct Blocker {
  std::promise<void> begun;
  std::promise<void> release;

  TaskPool::Task Task() {
    return [this, released = release.get_future().share()] {
      begun.set_value();
      released.wait();
    };
  }
};

TEST(TaskPool, RunsWhatWasPostedBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    TaskPool pool({.threads = 3});
    for (int i = 0; i < 100; ++i) pool.Post(i % 2 == 0 ? Kind::kBegins : Kind::kEnds, [&ran] { ++ran; });
  }
  EXPECT_EQ(ran, 100);
}

TEST(TaskPool, RunsWhatTasksPostAlsoWhileItEnds) {
  std::atomic<int> ran{0};
  {
    TaskPool pool({.threads = 2});
    pool.Post(Kind::kBegins, [&] {
      pool.Post(Kind::kBegins, [&] {
        pool.Post(Kind::kEnds, [&ran] { ++ran; });
        ++ran;
      });
      ++ran;
    });
  }
  EXPECT_EQ(ran, 3);
}

TEST(TaskPool, KeepsAThreadForWhatEndsWork) {
  Blocker begins;
  TaskPool pool({.threads = 2});
  pool.Post(Kind::kBegins, begins.Task());
  begins.begun.get_future().wait();
  std::promise<void> begun_too;
  pool.Post(Kind::kBegins, [&begun_too] { begun_too.set_value(); });
  std::promise<void> ended;

  pool.Post(Kind::kEnds, [&ended] { ended.set_value(); });

  ended.get_future().wait();
  EXPECT_EQ(pool.waiting(), 1U);  // the second beginning waits for the first
  begins.release.set_value();
  begun_too.get_future().wait();
}

TEST(TaskPool, TakesWhatEndsWorkFirst) {
  Blocker begins;
  Blocker ends;
  std::promise<void> ended;
  std::promise<bool> begun_after_end;
  TaskPool pool({.threads = 2});
  pool.Post(Kind::kBegins, begins.Task());
  begins.begun.get_future().wait();
  pool.Post(Kind::kEnds, ends.Task());
  ends.begun.get_future().wait();
  // Both threads are busy. One of them is let go, finds both of these, and takes the one that was posted last.
  pool.Post(Kind::kBegins, [&, future = ended.get_future().share()] {
    begun_after_end.set_value(future.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  });
  pool.Post(Kind::kEnds, [&ended] { ended.set_value(); });

  begins.release.set_value();

  EXPECT_TRUE(begun_after_end.get_future().get());
  ends.release.set_value();
}

TEST(TaskPool, FreesWhatATaskHolds) {
  const auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  {
    TaskPool pool({.threads = 2});
    pool.Post(Kind::kBegins, [held] {});
  }
  EXPECT_EQ(watched.use_count(), 1);
}

}  // namespace
}  // namespace doclayout::scheduler
