#include "base/thread_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <numeric>
#include <thread>

namespace doclayout {

[[gnu::noinline]] void TurnForTest(const std::atomic<bool>& stop, std::promise<int>& thread_id) {
  thread_id.set_value(gettid());
  while (!stop) {
  }
}

namespace {

constexpr std::chrono::seconds kPatience(10);

TEST(StackOfThread, SaysWhereAThreadHangs) {
  std::atomic<bool> stop = false;
  std::promise<int> thread_id;
  std::thread thread([&] { TurnForTest(stop, thread_id); });
  const int id = thread_id.get_future().get();

  const std::vector<std::string> stack = StackOfThread(id, kPatience);
  const std::vector<std::string> again = StackOfThread(id, kPatience);

  stop = true;
  thread.join();
  const auto all = [](const std::vector<std::string>& lines) {
    return std::accumulate(lines.begin(), lines.end(), std::string());
  };
  EXPECT_THAT(all(stack), testing::HasSubstr("TurnForTest"));
  EXPECT_THAT(all(again), testing::HasSubstr("TurnForTest"));
}

TEST(StackOfThread, IsEmptyOfOneThatIsGone) {
  int id = 0;
  std::thread([&id] { id = gettid(); }).join();

  EXPECT_TRUE(StackOfThread(id, kPatience).empty());
}

TEST(StackOfThread, DoesNotWaitForOneThatDoesNotAnswer) {
  std::promise<int> thread_id;
  std::promise<void> end;
  std::thread thread([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    thread_id.set_value(gettid());
    end.get_future().wait();
  });

  EXPECT_TRUE(StackOfThread(thread_id.get_future().get(), std::chrono::milliseconds(1)).empty());

  end.set_value();
  thread.join();
}

}  // namespace
}  // namespace doclayout
