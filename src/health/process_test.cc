#include "health/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <latch>
#include <thread>

namespace doclayout::health {
namespace {

// As a kernel wrote it, but for the name.
constexpr const char* kStat =
    "4242 (a ) S (b) S 1 4242 4242 0 -1 4194560 2577 0 11 0 153 21 0 0 30 10 7 0 123456 987654321 12345 "
    "18446744073709551615 1 1 0 0 0 0 0 4096 16386 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TEST(ProcessStat, IsReadBehindANameThatLooksLikeMore) {
  const auto stat = ParseProcessStat(kStat);

  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->threads, 7);
  EXPECT_EQ(stat->start_ticks, 123456);
  EXPECT_EQ(stat->virtual_bytes, 987654321);
}

TEST(ProcessStat, IsNotReadFromWhatIsNone) {
  for (const char* text : {"", "1 (a", "1 (a) S 1 2", ")"}) EXPECT_FALSE(ParseProcessStat(text)) << text;
}

TEST(Process, CountsItsThreads) {
  const double before = Threads();
  std::latch done(1);
  std::thread thread([&] { done.wait(); });

  const double with_one_more = Threads();
  done.count_down();
  thread.join();

  EXPECT_EQ(with_one_more, before + 1);
}

TEST(Process, KnowsItsLimits) {
  EXPECT_GT(VirtualBytes(), 1e6);
  EXPECT_GE(MostDescriptors(), 3);
}

TEST(Process, StartedALittleWhileAgo) {
  const double start = StartTime();

  // The kernel counts in hundredths.
  EXPECT_LE(start, Now() + 0.02);
  EXPECT_GT(start, Now() - 600);
}

TEST(Process, CountsTimeAndDescriptors) {
  EXPECT_GT(CpuSeconds(), 0);
  const double before = OpenDescriptors();
  EXPECT_GE(before, 3);

  const int one_more = dup(0);
  EXPECT_EQ(OpenDescriptors(), before + 1);
  close(one_more);
}

}  // namespace
}  // namespace doclayout::health
