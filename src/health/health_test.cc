#include "health/health.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace doclayout::health
