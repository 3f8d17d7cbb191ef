#include "health/inference_pace.h"

#include <gtest/gtest.h>

namespace doclayout::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(InferencePace, WarnsOfWhatIsSlowForAnyModel) {
  const InferencePace pace({});

  EXPECT_EQ(pace.Judge(milliseconds(4999)).status, Status::kHealthy);
  EXPECT_EQ(pace.Judge(seconds(6)).status, Status::kWarning);
  EXPECT_EQ(pace.Judge(seconds(6)).value, 6);
}

TEST(InferencePace, WarnsOfWhatIsSlowForThisOne) {
  InferencePace pace({});
  for (int i = 0; i < 5; ++i) pace.Observe(milliseconds(100));

  EXPECT_EQ(pace.Judge(milliseconds(450)).status, Status::kHealthy);
  EXPECT_EQ(pace.Judge(milliseconds(550)).status, Status::kWarning);
}

TEST(InferencePace, KnowsNoUsualFromTheFirstFew) {
  InferencePace pace({});
  for (int i = 0; i < 4; ++i) pace.Observe(milliseconds(10));

  EXPECT_EQ(pace.usual(), Duration(0));
  EXPECT_EQ(pace.Judge(seconds(4)).status, Status::kHealthy);
}

TEST(InferencePace, IsNotMovedByOneOutlier) {
  InferencePace pace({});
  for (int i = 0; i < 9; ++i) pace.Observe(milliseconds(100));
  pace.Observe(seconds(60));

  EXPECT_EQ(pace.usual(), milliseconds(100));
}

TEST(InferencePace, FollowsAPaceThatLastsAndIsNotSlow) {
  InferencePace pace({});
  for (int i = 0; i < 40; ++i) pace.Observe(milliseconds(100));
  for (int i = 0; i < 20; ++i) pace.Observe(milliseconds(300));

  EXPECT_EQ(pace.usual(), milliseconds(300));
  pace.Reset();
  EXPECT_EQ(pace.usual(), Duration(0));
}

TEST(InferencePace, DoesNotGetUsedToWhatIsSlow) {
  InferencePace pace({});
  for (int i = 0; i < 10; ++i) pace.Observe(milliseconds(100));
  for (int i = 0; i < 100; ++i) pace.Observe(seconds(2));

  EXPECT_EQ(pace.usual(), milliseconds(100));
  EXPECT_EQ(pace.Judge(seconds(2)).status, Status::kWarning);
}

}  // namespace
}  // namespace doclayout::health
