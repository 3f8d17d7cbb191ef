#include <gtest/gtest.h>

#include <pthread.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <thread>

#include "base/cpu.h"
#include "base/deadline.h"
#include "base/result.h"
#include "base/testing/fake_clock.h"

namespace doclayout {
namespace {

using std::chrono::milliseconds;

TEST(Deadline, PassesExactlyAtItsTime) {
  FakeClock clock;
  const Deadline deadline = Deadline::After(clock, milliseconds(5));

  clock.Advance(milliseconds(4));
  EXPECT_FALSE(deadline.HasPassed(clock.Now()));

  clock.Advance(milliseconds(1));
  EXPECT_TRUE(deadline.HasPassed(clock.Now()));
}

TEST(Deadline, NeverDoesNotPass) {
  EXPECT_FALSE(Deadline::Never().HasPassed(SteadyClock().Now()));
}

TEST(Result, CarriesTheError) {
  const Result<int> result = Fail(ErrorCode::kTooLarge, "too much");

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorCode::kTooLarge, "too much"}));
}

TEST(ErrorCode, HasAStableName) {
  EXPECT_EQ(ErrorCodeName(ErrorCode::kUnsupportedMedia), "unsupported_media");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kDeadlineExceeded), "deadline_exceeded");
}

TEST(Cpu, CountsAtLeastOneProcessor) {
  EXPECT_GE(AvailableProcessors(), 1);
  EXPECT_LE(AvailableProcessors(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(Cpu, NamesTheCallingThread) {
  std::array<char, 16> name{};

  std::thread thread([&] {
    NameThread("a name of more than fifteen bytes");
    pthread_getname_np(pthread_self(), name.data(), name.size());
  });
  thread.join();

  EXPECT_STREQ(name.data(), "a name of more ");
}

TEST(Cpu, LowersThePriorityOfTheCallingThreadOnly) {
  const int before = getpriority(PRIO_PROCESS, 0);
  int inside = before;

  std::thread thread([&] {
    LowerThreadPriority(3);
    inside = getpriority(PRIO_PROCESS, 0);
  });
  thread.join();

  EXPECT_EQ(inside, std::min(19, before + 3));
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace doclayout
