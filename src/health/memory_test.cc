#include "health/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace doclayout::health {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

/// A folder that looks like the kernel's file system of control groups.
class Container : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("doclayout_cgroup_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const fs::path& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text << "\n";
  }
  std::optional<ContainerMemory> Memory() const { return ReadContainerMemory(folder_ / "fs", folder_ / "groups"); }
  std::optional<std::uint64_t> Limit() const {
    const auto memory = Memory();
    if (!memory) return std::nullopt;
    return memory->limit_bytes;
  }

 private:
  fs::path folder_;
};

TEST_F(Container, IsTheLeastOfVersionTwosGroups) {
  Write("groups", "0::/pods/one");
  Write("fs/pods/memory.max", "3000000");
  Write("fs/pods/one/memory.max", "5000000");

  EXPECT_EQ(Limit(), 3'000'000U);
}

TEST_F(Container, IsFoundWhereTheContainerSeesItsGroupAsTheRoot) {
  Write("groups", "0::/");
  Write("fs/memory.max", "268435456");

  EXPECT_EQ(Limit(), 268'435'456U);
}

TEST_F(Container, IsFoundWhereTheGroupIsNotToBeSeen) {
  Write("groups", "0::/../../somewhere/else");
  Write("fs/memory.max", "1000");

  EXPECT_EQ(Limit(), 1000U);
}

TEST_F(Container, IsReadFromVersionOne) {
  Write("groups", "5:cpu,cpuacct:/x\n4:memory:/docker/one\n0::/");
  Write("fs/memory/docker/one/memory.limit_in_bytes", "7000000");
  Write("fs/memory/memory.limit_in_bytes", "9223372036854771712");

  EXPECT_EQ(Limit(), 7'000'000U);
}

TEST_F(Container, MayHaveNoLimit) {
  Write("groups", "0::/one");
  Write("fs/one/memory.max", "max");
  EXPECT_EQ(Limit(), std::nullopt);

  Write("groups", "rubbish\n\n::");
  EXPECT_EQ(Limit(), std::nullopt);
  EXPECT_FALSE(ReadContainerMemory("/nowhere", "/nowhere/groups"));
}

TEST_F(Container, SaysWhatIsUsedWithoutTheCacheThatCanBeDropped) {
  Write("groups", "0::/one");
  Write("fs/one/memory.max", "1000");
  Write("fs/one/memory.current", "700");
  Write("fs/one/memory.stat", "anon 400\ninactive_file 200\nactive_file 100");
  EXPECT_EQ(Memory()->used_bytes, 500U);

  Write("groups", "4:memory:/two");
  Write("fs/memory/two/memory.limit_in_bytes", "2000");
  Write("fs/memory/two/memory.usage_in_bytes", "900");
  Write("fs/memory/two/memory.stat", "inactive_file 1\ntotal_inactive_file 300");
  EXPECT_EQ(Memory()->used_bytes, 600U);
}

TEST_F(Container, SaysWhatIsUsedOfTheGroupWhoseLimitCounts) {
  Write("groups", "0::/pods/one");
  Write("fs/pods/memory.max", "1000");
  Write("fs/pods/memory.current", "900");
  Write("fs/pods/one/memory.max", "5000");
  Write("fs/pods/one/memory.current", "100");

  EXPECT_EQ(Memory()->used_bytes, 900U);
}

TEST(Machine, SaysWhatIsAvailable) {
  EXPECT_GT(AvailableMemory().value(), 1'000'000U);
  EXPECT_FALSE(AvailableMemory("/nowhere"));
}

constexpr std::uint64_t kMega = 1'000'000;

TEST(ProcessMemory, IsJudgedByItsLimit) {
  const std::uint64_t limit = 1000 * kMega;
  EXPECT_EQ(CheckProcessMemory({.resident_bytes = 799e6}, limit).status, Status::kHealthy);
  EXPECT_EQ(CheckProcessMemory({.resident_bytes = 801e6}, limit).status, Status::kWarning);
  EXPECT_EQ(CheckProcessMemory({.resident_bytes = 1001e6}, limit).status, Status::kUnhealthy);
}

TEST(ProcessMemory, OnlyWarnsWithoutALimit) {
  EXPECT_EQ(CheckProcessMemory({.resident_bytes = 1e9}, 0).status, Status::kHealthy);
  EXPECT_EQ(CheckProcessMemory({.resident_bytes = 5e9}, 0).status, Status::kWarning);
}

Status HeadRoomOf(std::uint64_t limit, std::uint64_t used) {
  return CheckHeadRoom({.container = ContainerMemory{.limit_bytes = limit, .used_bytes = used}}, {}).status;
}

TEST(MemoryHeadRoom, IsWhatTheContainerHasLeft) {
  EXPECT_EQ(HeadRoomOf(4000 * kMega, 3000 * kMega), Status::kHealthy);
  EXPECT_EQ(HeadRoomOf(4000 * kMega, 3501 * kMega), Status::kWarning);
  EXPECT_EQ(HeadRoomOf(4000 * kMega, 3801 * kMega), Status::kUnhealthy);
  EXPECT_EQ(HeadRoomOf(4000 * kMega, 5000 * kMega), Status::kUnhealthy);
}

TEST(MemoryHeadRoom, OfASmallContainerIsAPartOfIt) {
  EXPECT_EQ(HeadRoomOf(400 * kMega, 250 * kMega), Status::kHealthy);
  EXPECT_EQ(HeadRoomOf(400 * kMega, 310 * kMega), Status::kWarning);
  EXPECT_EQ(HeadRoomOf(400 * kMega, 360 * kMega), Status::kUnhealthy);
}

TEST(MemoryHeadRoom, WithoutAContainerIsTheMachines) {
  EXPECT_EQ(CheckHeadRoom({.available_bytes = 2000 * kMega}, {}).status, Status::kHealthy);
  EXPECT_EQ(CheckHeadRoom({.available_bytes = 300 * kMega}, {}).status, Status::kWarning);
  EXPECT_EQ(CheckHeadRoom({.available_bytes = 100 * kMega}, {}).status, Status::kUnhealthy);
  EXPECT_EQ(CheckHeadRoom({}, {}).status, Status::kNotApplicable);
}

using Verdict = MemoryWatch::Verdict;

TEST(MemoryLimit, IsTheLesserOfWhatIsAskedForAndWhatTheContainerAllows) {
  const ContainerMemory container{.limit_bytes = 1000};

  EXPECT_EQ(MemoryLimit(0, std::nullopt), 0U);
  EXPECT_EQ(MemoryLimit(500, std::nullopt), 500U);
  EXPECT_EQ(MemoryLimit(0, container), 900U);
  EXPECT_EQ(MemoryLimit(500, container), 500U);
  EXPECT_EQ(MemoryLimit(2000, container), 900U);
}

/// In a container that may have a thousand.
MemoryState Resident(double bytes) {
  return {.resident_bytes = bytes, .container = ContainerMemory{.limit_bytes = 1000}};
}

/// In a container that may have a gigabyte.
MemoryState InAGigabyte(double bytes) {
  return {.resident_bytes = bytes, .container = ContainerMemory{.limit_bytes = 1000 * kMega}};
}

TEST(MemoryWatch, SpeaksUpOnceItIsNoPeak) {
  MemoryWatch watch({.most_bytes = 100, .patience = seconds(5)});
  const TimePoint start;

  EXPECT_EQ(watch.Look(Resident(101), start), Verdict::kGood);
  EXPECT_EQ(watch.Look(Resident(200), start + seconds(4)), Verdict::kGood);
  EXPECT_EQ(watch.Look(Resident(100), start + seconds(5)), Verdict::kGood) << "it went down again";
  EXPECT_EQ(watch.Look(Resident(101), start + seconds(6)), Verdict::kGood);
  EXPECT_EQ(watch.Look(Resident(101), start + seconds(10)), Verdict::kGood);
  EXPECT_EQ(watch.Look(Resident(101), start + seconds(11)), Verdict::kOver);
}

TEST(MemoryWatch, IsSilentWithoutALimit) {
  MemoryWatch watch({.most_bytes = 0, .patience = seconds(0)});

  EXPECT_EQ(watch.Look({.resident_bytes = 1e18}, TimePoint()), Verdict::kGood);
}

/// What is said of memory that grows from `from` by `rate` a second, each fifth of a second a look, until something is
/// or it has reached `to`: the memory at that moment.
double GrowUntilSaid(MemoryWatch& watch, double from, double rate, double to) {
  constexpr int kLooksASecond = 5;
  for (int look = 0;; ++look) {
    const double bytes = from + rate * look / kLooksASecond;
    const TimePoint now = TimePoint() + std::chrono::milliseconds(1000 * look / kLooksASecond);
    if (bytes >= to || watch.Look(InAGigabyte(bytes), now) != Verdict::kGood) return std::min(bytes, to);
  }
}

TEST(MemoryWatch, SeesALeakInTimeForADrain) {
  MemoryWatch watch({});

  const double said = GrowUntilSaid(watch, 100e6, 50e6, 1000e6);

  EXPECT_LT(said, 1000e6 - 50e6 * 4) << "four seconds at least are left";
  EXPECT_GE(said, 0.8 * 900e6);
}

TEST(MemoryWatch, FollowsALimitThatIsChanged) {
  MemoryWatch watch({.patience = seconds(0)});

  EXPECT_EQ(watch.Look(InAGigabyte(800e6), TimePoint()), Verdict::kGood);
  MemoryState less = InAGigabyte(800e6);
  less.container->limit_bytes = 700 * kMega;
  EXPECT_EQ(watch.Look(less, TimePoint() + seconds(1)), Verdict::kOver);
}

TEST(MemoryWatch, LetsASlowLeakComeToTheLimit) {
  MemoryWatch watch({});

  EXPECT_GT(GrowUntilSaid(watch, 700e6, 2e6, 1000e6), 900e6);
}

TEST(MemoryWatch, TakesNoPagesThatComeAndGoForALeak) {
  MemoryWatch watch({});
  TimePoint now;

  for (int i = 0; i < 200; ++i, now += std::chrono::milliseconds(200)) {
    const double page = i % 7 < 3 ? 130e6 : 0;
    EXPECT_EQ(watch.Look(InAGigabyte(750e6 + page), now), Verdict::kGood) << i;
  }
}

}  // namespace
}  // namespace doclayout::health
