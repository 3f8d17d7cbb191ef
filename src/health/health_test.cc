#include "health/health.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace doclayout::health {
namespace {

TEST(Score, SaysACheckAsANumber) {
  const Report report{.status = Status::kUnhealthy,
                      .checks = {{.name = "good"},
                                 {.name = "so_so", .status = Status::kWarning},
                                 {.name = "bad", .status = Status::kUnhealthy}}};

  EXPECT_EQ(Score(report, "good"), 1);
  EXPECT_EQ(Score(report, "so_so"), 0.5);
  EXPECT_EQ(Score(report, "bad"), 0);
  EXPECT_EQ(Score(report, "missing"), 0);
  EXPECT_EQ(Score(Status::kNotApplicable), 1);
}

TEST(Judge, IsAsBadAsTheWorst) {
  EXPECT_EQ(Judge({}).status, Status::kHealthy);
  EXPECT_EQ(Judge({{.name = "no_gpu", .status = Status::kNotApplicable}}).status, Status::kHealthy);
  EXPECT_EQ(Judge({{.name = "a", .status = Status::kWarning}, {.name = "b"}}).status, Status::kWarning);
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
