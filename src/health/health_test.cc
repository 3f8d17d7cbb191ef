#include "health/health.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace doclayout::health {
namespace {

constexpr Slots kGoodSlots{.count = 2};

TEST(Readiness, NeedsAModelAndNoDrain) {
  Readiness readiness;
  EXPECT_EQ(ReadinessReport(readiness, kGoodSlots).status, Status::kUnhealthy);

  readiness.SetModelLoaded();
  EXPECT_EQ(ReadinessReport(readiness, kGoodSlots).status, Status::kHealthy);

  readiness.SetDraining();
  EXPECT_EQ(ReadinessReport(readiness, kGoodSlots).status, Status::kUnhealthy);
  EXPECT_FALSE(readiness.ready());
}

TEST(Readiness, NeedsSlotsThatWork) {
  Readiness readiness;
  readiness.SetModelLoaded();

  const Report stuck = ReadinessReport(readiness, {.count = 2, .stuck = 1});
  const Report broken = ReadinessReport(readiness, {.count = 2, .broken = true});
  const Report tried = ReadinessReport(readiness, {.count = 2, .tried = true});

  EXPECT_EQ(stuck.status, Status::kUnhealthy);
  EXPECT_EQ(Score(stuck, "slots"), 0);
  EXPECT_EQ(broken.status, Status::kUnhealthy);
  EXPECT_EQ(Score(broken, "engine"), 0);
  EXPECT_EQ(tried.status, Status::kWarning);
  EXPECT_EQ(Score(tried, "engine"), 0.5);
}

TEST(Liveness, ReportsResidentMemory) {
  const Report report = Liveness();

  ASSERT_EQ(report.checks.size(), 1U);
  EXPECT_EQ(report.checks[0].name, "process_memory");
  EXPECT_GT(report.checks[0].value.value(), 1);
  EXPECT_EQ(report.checks[0].unit, "MiB");
}

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
