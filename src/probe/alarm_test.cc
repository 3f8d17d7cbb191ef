#include "probe/alarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::probe {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Kind = Notice::Kind;

Outcome Unhealthy(std::vector<std::string> checks) {
  Outcome outcome{.verdict = Verdict::kUnhealthy};
  for (std::string& name : checks) {
    outcome.checks.push_back({.name = std::move(name), .status = health::Status::kUnhealthy});
  }
  return outcome;
}

Outcome Of(Verdict verdict) {
  return {.verdict = verdict};
}

/// An alarm that gets a verdict every thirty seconds.
class AlarmTest : public testing::Test {
 protected:
  std::optional<Notice> Take(const Outcome& outcome) {
    now_ += seconds(30);
    return alarm_.Take(outcome, now_);
  }
  std::optional<Kind> Told(const Outcome& outcome) {
    const auto notice = Take(outcome);
    return notice ? std::optional(notice->kind) : std::nullopt;
  }

  Alarm alarm_{{.failures = 2, .repeat = minutes(10)}};
  TimePoint now_;
};

TEST_F(AlarmTest, OneBadVerdictIsNoAlarm) {
  EXPECT_EQ(Told(Unhealthy({"a"})), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kHealthy)), std::nullopt);
  EXPECT_EQ(Told(Unhealthy({"a"})), std::nullopt);
  EXPECT_FALSE(alarm_.active());
}

TEST_F(AlarmTest, TwoInARowAreOneAlarm) {
  Take(Unhealthy({"a"}));

  const auto notice = Take(Unhealthy({"a"}));

  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->kind, Kind::kAlarm);
  EXPECT_EQ(notice->lasted, seconds(30));
  EXPECT_EQ(notice->outcome.checks.at(0).name, "a");
  EXPECT_TRUE(alarm_.active());
  EXPECT_EQ(Told(Unhealthy({"a"})), std::nullopt);
}

TEST_F(AlarmTest, UnreachableAndUnhealthyAreBothBad) {
  EXPECT_EQ(Told(Of(Verdict::kUnreachable)), std::nullopt);
  EXPECT_EQ(Told(Unhealthy({"a"})), Kind::kAlarm);
}

TEST_F(AlarmTest, WarningsAreNoAlarm) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Told(Of(Verdict::kWarning)), std::nullopt);
}

TEST_F(AlarmTest, ADrainIsNoAlarm) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Told(Of(Verdict::kDraining)), std::nullopt);
}

TEST_F(AlarmTest, WhoCrashesAsItStartsDoesNotHideBehindThat) {
  EXPECT_EQ(Told(Of(Verdict::kUnreachable)), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kStarting)), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kUnreachable)), Kind::kAlarm);
}

TEST_F(AlarmTest, IsRepeatedFromTimeToTime) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));

  int reminders = 0;
  for (int i = 0; i < 60; ++i) reminders += Told(Unhealthy({"a"})) == Kind::kReminder ? 1 : 0;

  EXPECT_EQ(reminders, 3);  // thirty minutes
}

TEST_F(AlarmTest, IsNotRepeatedWhereNobodyWantsThat) {
  Alarm once({.failures = 1, .repeat = seconds(0)});
  ASSERT_TRUE(once.Take(Unhealthy({"a"}), now_));

  EXPECT_FALSE(once.Take(Unhealthy({"a"}), now_ + std::chrono::hours(100)));
}

TEST_F(AlarmTest, OtherChecksAreNewsOnceTheyStay) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));

  EXPECT_EQ(Told(Unhealthy({"a", "b"})), std::nullopt);
  EXPECT_EQ(Told(Unhealthy({"b", "a"})), Kind::kChanged) << "in whatever order";
  EXPECT_EQ(Told(Unhealthy({"a", "b"})), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kUnreachable)), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kUnreachable)), Kind::kChanged);
}

TEST_F(AlarmTest, ChecksThatFlapAreNoNews) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));

  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(Told(Unhealthy({"b"})), std::nullopt);
    EXPECT_EQ(Told(Unhealthy({"a"})), std::nullopt);
  }
}

TEST_F(AlarmTest, ANewsMessageIsAReminderToo) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));
  for (int i = 0; i < 15; ++i) Take(Unhealthy({"a"}));
  Take(Unhealthy({"b"}));
  ASSERT_EQ(Told(Unhealthy({"b"})), Kind::kChanged);

  for (int i = 0; i < 19; ++i) EXPECT_EQ(Told(Unhealthy({"b"})), std::nullopt);
  EXPECT_EQ(Told(Unhealthy({"b"})), Kind::kReminder);
}

TEST_F(AlarmTest, ThereIsOneRecovery) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));

  EXPECT_EQ(Told(Of(Verdict::kHealthy)), std::nullopt);
  const auto recovery = Take(Of(Verdict::kWarning));

  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->kind, Kind::kRecovery);
  EXPECT_EQ(recovery->lasted, seconds(90)) << "from the first bad verdict to the first good one";
  EXPECT_FALSE(alarm_.active());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Told(Of(Verdict::kHealthy)), std::nullopt);
}

TEST_F(AlarmTest, OneGoodVerdictIsNoRecovery) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));

  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Told(Of(Verdict::kHealthy)), std::nullopt);
    EXPECT_EQ(Told(Unhealthy({"a"})), std::nullopt);
  }
  EXPECT_TRUE(alarm_.active());
}

TEST_F(AlarmTest, ARestartInTheMiddleOfAnAlarmEndsInARecovery) {
  Take(Unhealthy({"a"}));
  Take(Unhealthy({"a"}));

  EXPECT_EQ(Told(Of(Verdict::kDraining)), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kStarting)), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kHealthy)), std::nullopt);
  EXPECT_EQ(Told(Of(Verdict::kHealthy)), Kind::kRecovery);
}

TEST_F(AlarmTest, ASecondTimeIsAnAlarmOfItsOwn) {
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(Told(Unhealthy({"a"})), std::nullopt);
    const auto alarm = Take(Unhealthy({"a"}));
    ASSERT_TRUE(alarm);
    EXPECT_EQ(alarm->kind, Kind::kAlarm);
    EXPECT_EQ(alarm->lasted, seconds(30));
    EXPECT_EQ(Told(Of(Verdict::kHealthy)), std::nullopt);
    EXPECT_EQ(Told(Of(Verdict::kHealthy)), Kind::kRecovery);
  }
}

}  // namespace
}  // namespace doclayout::probe
