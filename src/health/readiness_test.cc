#include "health/readiness.h"

#include <gtest/gtest.h>

namespace doclayout::health {
namespace {

TEST(Readiness, NeedsAModelAndNoDrain) {
  Readiness readiness;
  EXPECT_FALSE(readiness.ready());

  readiness.SetPhase(Phase::kWarming);
  EXPECT_FALSE(readiness.ready()) << "it has to be warm";

  readiness.SetPhase(Phase::kServing);
  EXPECT_TRUE(readiness.ready());

  readiness.SetDraining();
  EXPECT_FALSE(readiness.ready());
  EXPECT_EQ(CheckDraining(readiness).status, Status::kUnhealthy);
}

TEST(Startup, SaysItsPhase) {
  Readiness readiness;
  EXPECT_EQ(StartupReport(readiness).phase, "loading");

  readiness.SetPhase(Phase::kCompiling);
  const Report report = StartupReport(readiness);

  EXPECT_EQ(report.status, Status::kUnhealthy);
  EXPECT_EQ(report.phase, "compiling");
  EXPECT_NE(report.checks.front().details.find("compiling"), std::string::npos);
}

TEST(Startup, StaysOverOnceItIs) {
  Readiness readiness;

  readiness.SetPhase(Phase::kServing);
  readiness.SetDraining();

  EXPECT_EQ(StartupReport(readiness).status, Status::kHealthy);
}

TEST(Slots, MayNotHang) {
  EXPECT_EQ(CheckSlots({.count = 2}).status, Status::kHealthy);

  const Check stuck = CheckSlots({.count = 2, .stuck = 1});
  EXPECT_EQ(stuck.status, Status::kUnhealthy);
  EXPECT_EQ(stuck.value, 1);
}

TEST(Engine, IsIllWhileItIsNotAskedAndDoubtfulWhileItIsTried) {
  EXPECT_EQ(CheckEngine({.count = 2}).status, Status::kHealthy);
  EXPECT_EQ(CheckEngine({.count = 2, .broken = true}).status, Status::kUnhealthy);
  EXPECT_EQ(CheckEngine({.count = 2, .tried = true}).status, Status::kWarning);
}

}  // namespace
}  // namespace doclayout::health
