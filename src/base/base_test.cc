#include <gtest/gtest.h>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <utility>

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

/// What the kernel says of the calling thread's turns in nanoseconds; 0 before Linux 6.12, which does not know of them.
std::uint64_t TurnNs() {
  std::array<std::uint64_t, 6> attributes{};  // struct sched_attr: sched_runtime is its fourth part of 8 bytes
  EXPECT_EQ(syscall(SYS_sched_getattr, 0, attributes.data(), sizeof(attributes), 0), 0);
  return attributes[3];
}

bool KernelKnowsTurns() {
  utsname kernel{};
  uname(&kernel);
  char* rest = nullptr;
  const long major = std::strtol(kernel.release, &rest, 10);
  const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return std::pair(major, minor) >= std::pair(6L, 12L);
}

TEST(Cpu, ShortensTheTurnsOfTheCallingThreadOnly) {
  const std::uint64_t before = TurnNs();
  const int priority = getpriority(PRIO_PROCESS, 0);
  std::uint64_t inside = 0;

  std::thread thread([&] {
    ShortenTurns();
    inside = TurnNs();
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), priority);
  });
  thread.join();

  EXPECT_EQ(inside, KernelKnowsTurns() ? 100'000U : before);
  EXPECT_EQ(TurnNs(), before);
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
