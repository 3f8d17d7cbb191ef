#include "health/memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace doclayout::health {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

/// A folder that looks like the kernel's file system of control groups.
class ContainerMemory : public testing::Test {
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
  std::optional<std::uint64_t> Limit() const { return ContainerMemoryLimit(folder_ / "fs", folder_ / "groups"); }

 private:
  fs::path folder_;
};

TEST_F(ContainerMemory, IsTheLeastOfVersionTwosGroups) {
  Write("groups", "0::/pods/one");
  Write("fs/pods/memory.max", "3000000");
  Write("fs/pods/one/memory.max", "5000000");

  EXPECT_EQ(Limit(), 3'000'000U);
}

TEST_F(ContainerMemory, IsFoundWhereTheContainerSeesItsGroupAsTheRoot) {
  Write("groups", "0::/");
  Write("fs/memory.max", "268435456");

  EXPECT_EQ(Limit(), 268'435'456U);
}

TEST_F(ContainerMemory, IsFoundWhereTheGroupIsNotToBeSeen) {
  Write("groups", "0::/../../somewhere/else");
  Write("fs/memory.max", "1000");

  EXPECT_EQ(Limit(), 1000U);
}

TEST_F(ContainerMemory, IsReadFromVersionOne) {
  Write("groups", "5:cpu,cpuacct:/x\n4:memory:/docker/one\n0::/");
  Write("fs/memory/docker/one/memory.limit_in_bytes", "7000000");
  Write("fs/memory/memory.limit_in_bytes", "9223372036854771712");

  EXPECT_EQ(Limit(), 7'000'000U);
}

TEST_F(ContainerMemory, MayHaveNoLimit) {
  Write("groups", "0::/one");
  Write("fs/one/memory.max", "max");
  EXPECT_EQ(Limit(), std::nullopt);

  Write("groups", "rubbish\n\n::");
  EXPECT_EQ(Limit(), std::nullopt);
  EXPECT_EQ(ContainerMemoryLimit("/nowhere", "/nowhere/groups"), std::nullopt);
}

TEST(MemoryWatch, SpeaksUpOnceItIsNoPeak) {
  MemoryWatch watch({.limit_bytes = 100, .patience = seconds(5)});
  const TimePoint start;

  EXPECT_FALSE(watch.Look(101, start));
  EXPECT_FALSE(watch.Look(200, start + seconds(4)));
  EXPECT_FALSE(watch.Look(100, start + seconds(5))) << "it went down again";
  EXPECT_FALSE(watch.Look(101, start + seconds(6)));
  EXPECT_FALSE(watch.Look(101, start + seconds(10)));
  EXPECT_TRUE(watch.Look(101, start + seconds(11)));
}

TEST(MemoryWatch, IsSilentWithoutALimit) {
  MemoryWatch watch({.limit_bytes = 0, .patience = seconds(0)});

  EXPECT_FALSE(watch.Look(1e18, TimePoint()));
}

}  // namespace
}  // namespace doclayout::health
