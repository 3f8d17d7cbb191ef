#include "base/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace doclayout {
namespace {

/// Puts the limit back at the end of a test.
class Descriptors : public testing::Test {
 protected:
  void SetUp() override { getrlimit(RLIMIT_NOFILE, &before_); }
  void TearDown() override { setrlimit(RLIMIT_NOFILE, &before_); }

  static void SetSoft(rlim_t soft, rlim_t hard) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  static rlim_t Soft() {
    rlimit now{};
    getrlimit(RLIMIT_NOFILE, &now);
    return now.rlim_cur;
  }

  rlimit before_{};
};

TEST_F(Descriptors, AreRaisedToWhatIsWanted) {
  SetSoft(64, before_.rlim_max);

  EXPECT_EQ(RaiseDescriptorLimit(100), 100U);

  EXPECT_EQ(Soft(), 100U);
}

TEST_F(Descriptors, AreNeverLowered) {
  SetSoft(128, before_.rlim_max);

  EXPECT_EQ(RaiseDescriptorLimit(100), 128U);

  EXPECT_EQ(Soft(), 128U);
}

TEST_F(Descriptors, EndAtTheHardLimit) {
  SetSoft(64, before_.rlim_max);

  EXPECT_EQ(RaiseDescriptorLimit(before_.rlim_max + 1), before_.rlim_max);
}

}  // namespace
}  // namespace doclayout
