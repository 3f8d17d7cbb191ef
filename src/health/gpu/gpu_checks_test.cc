#include "health/gpu/gpu_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace doclayout::health {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMebibyte = 1 << 20;

GpuState Healthy() {
  return {.condition = GpuCondition::kOk,
          .name = "Fake GPU",
          .age = Duration::zero(),
          .memory_total_bytes = 8192 * kMebibyte,
          .memory_used_bytes = 2048 * kMebibyte,
          .memory_free_bytes = 6144 * kMebibyte,
          .temperature_celsius = 45,
          .slowdown_celsius = 93,
          .shutdown_celsius = 98,
          .throttle_reasons = 0x1,
          .ecc_corrected = 0,
          .ecc_uncorrected = 0,
          .xid_watched = true};
}

GpuState InCondition(GpuCondition condition, std::string reason) {
  GpuState state;
  state.condition = condition;
  state.reason = std::move(reason);
  return state;
}

Check Alive(const GpuState& state) {
  return GpuLivenessChecks(state, true).at(0);
}

Check Memory(const GpuState& state) {
  return GpuReadinessChecks(state, true, {}).at(0);
}

Check Deep(const GpuState& state, std::string_view name, const std::optional<Result<GpuBlocks>>& blocks = {}) {
  const std::vector<Check> checks = GpuDeepChecks(state, true, {}, blocks);
  return *std::ranges::find(checks, name, &Check::name);
}

GpuState WithFree(std::uint64_t mebibytes) {
  GpuState state = Healthy();
  state.memory_free_bytes = mebibytes * kMebibyte;
  return state;
}

GpuState At(double celsius) {
  GpuState state = Healthy();
  state.temperature_celsius = celsius;
  return state;
}

TEST(GpuChecks, DoNotApplyWithoutAGpu) {
  const GpuState lost = InCondition(GpuCondition::kLost, "it fell off");

  std::vector<Check> checks = GpuLivenessChecks(lost, false);
  for (const auto& more : {GpuReadinessChecks(lost, false, {}), GpuDeepChecks(lost, false, {}, {})}) {
    checks.insert(checks.end(), more.begin(), more.end());
  }

  std::vector<std::string> names;
  for (const Check& check : checks) {
    names.push_back(check.name);
    EXPECT_EQ(check.status, Status::kNotApplicable);
    EXPECT_EQ(check.details, "the service does not infer on a GPU");
  }
  EXPECT_THAT(names, testing::ElementsAre("gpu_available", "gpu_memory", "gpu_memory_after_inference",
                                          "gpu_temperature", "gpu_throttling", "gpu_errors", "gpu_fragmentation"));
}

TEST(GpuChecks, AreAllHealthyOnAHealthyGpu) {
  const GpuBlocks blocks{.free_bytes = 4096 * kMebibyte, .asked_bytes = kMebibyte, .largest_bytes = kMebibyte};

  EXPECT_EQ(Judge(GpuLivenessChecks(Healthy(), true)).status, Status::kHealthy);
  EXPECT_EQ(Judge(GpuReadinessChecks(Healthy(), true, {})).status, Status::kHealthy);
  for (const Check& check : GpuDeepChecks(Healthy(), true, {}, blocks)) {
    EXPECT_EQ(check.status, Status::kHealthy) << check.name << ": " << check.details;
  }
}

TEST(GpuAvailable, IsUnhealthyOnlyWhenTheGpuIsGone) {
  const Check lost = Alive(InCondition(GpuCondition::kLost, "the GPU is lost (NVML error 15)"));
  EXPECT_EQ(lost.status, Status::kUnhealthy);
  EXPECT_EQ(lost.details,
            "the GPU is gone, so drain the machine and reset or restart it: the GPU is lost (NVML error 15)");

  EXPECT_EQ(Alive(InCondition(GpuCondition::kAbsent, "no driver")).status, Status::kUnhealthy);
  EXPECT_EQ(Alive(InCondition(GpuCondition::kHanging, "NVML has not answered for 9 s")).status, Status::kWarning);
  EXPECT_EQ(Alive(InCondition(GpuCondition::kFailing, "an error")).status, Status::kWarning);
  EXPECT_EQ(Alive(InCondition(GpuCondition::kStarting, "")).status, Status::kHealthy);
}

TEST(GpuAvailable, DoesNotFailForALibraryThatIsNotInstalled) {
  GpuState state = InCondition(GpuCondition::kAbsent, "NVML cannot be loaded: no such file");
  state.nvml_missing = true;

  EXPECT_EQ(Alive(state).status, Status::kWarning);
  EXPECT_EQ(Alive(state).details, "not known: NVML cannot be loaded: no such file");
}

TEST(GpuMemory, IsJudgedByWhatIsFree) {
  EXPECT_EQ(Memory(WithFree(500)).status, Status::kHealthy);
  EXPECT_EQ(Memory(WithFree(499)).status, Status::kWarning);
  EXPECT_EQ(Memory(WithFree(200)).status, Status::kWarning);
  EXPECT_EQ(Memory(WithFree(199)).status, Status::kUnhealthy);

  EXPECT_EQ(Memory(WithFree(409)).value, 409);
  EXPECT_EQ(Memory(WithFree(409)).unit, "MiB");
  EXPECT_EQ(Memory(WithFree(409)).details,
            "409 of 8192 MiB of Fake GPU's memory are free; less than 500 MiB is getting tight");
}

TEST(GpuMemory, HasItsOwnLimitsWhereTheyAreSet) {
  const GpuLimits limits{.warning_free_bytes = 9000 * kMebibyte, .unhealthy_free_bytes = 7000 * kMebibyte};

  EXPECT_EQ(GpuReadinessChecks(Healthy(), true, limits).at(0).status, Status::kUnhealthy);
}

TEST(GpuMemory, SaysThatAReadingIsOld) {
  GpuState state = WithFree(6144);
  state.condition = GpuCondition::kHanging;
  state.reason = "NVML has not answered for 12 s";
  state.age = std::chrono::seconds(14);

  const Check check = Memory(state);

  EXPECT_EQ(check.status, Status::kWarning);
  EXPECT_THAT(check.details, HasSubstr("(as of 14 s ago: NVML has not answered for 12 s)"));
  state.memory_free_bytes = 100 * kMebibyte;
  EXPECT_EQ(Memory(state).status, Status::kUnhealthy) << "bad news stays bad";
}

TEST(GpuMemory, IsAWarningWhereItIsNotKnown) {
  EXPECT_EQ(Memory(InCondition(GpuCondition::kStarting, "")).status, Status::kWarning);
  EXPECT_EQ(Memory(InCondition(GpuCondition::kHanging, "NVML has not answered for 9 s")).status, Status::kWarning);
  EXPECT_EQ(Memory(InCondition(GpuCondition::kLost, "it fell off")).status, Status::kUnhealthy);
  EXPECT_EQ(Memory(InCondition(GpuCondition::kAbsent, "no driver")).status, Status::kUnhealthy);
}

TEST(GpuMemory, DoesNotApplyWhereTheDriverDoesNotTell) {
  GpuState state = Healthy();
  state.memory_free_bytes.reset();

  EXPECT_EQ(Memory(state).status, Status::kNotApplicable);
}

TEST(GpuTemperature, WarnsBeforeTheHardwareSlowsDown) {
  GpuState sensitive = At(78);
  sensitive.slowdown_celsius = 83;

  EXPECT_EQ(Deep(At(84), "gpu_temperature").status, Status::kHealthy);
  EXPECT_EQ(Deep(At(85), "gpu_temperature").status, Status::kWarning);
  EXPECT_EQ(Deep(sensitive, "gpu_temperature").status, Status::kWarning);
  EXPECT_EQ(Deep(sensitive, "gpu_temperature").value, 78);
  EXPECT_EQ(Deep(sensitive, "gpu_temperature").unit, "°C");
}

TEST(GpuTemperature, IsUnhealthyWhereTheHardwareSwitchesItselfOff) {
  GpuState sensitive = At(90);
  sensitive.shutdown_celsius = 90;

  EXPECT_EQ(Deep(At(94), "gpu_temperature").status, Status::kWarning);
  EXPECT_EQ(Deep(At(95), "gpu_temperature").status, Status::kUnhealthy);
  EXPECT_EQ(Deep(sensitive, "gpu_temperature").status, Status::kUnhealthy);
}

TEST(GpuThrottling, WarnsOfWhatHarmsOnly) {
  const auto with = [](std::uint64_t reasons) {
    GpuState state = Healthy();
    state.throttle_reasons = reasons;
    return Deep(state, "gpu_throttling");
  };

  EXPECT_EQ(with(0).status, Status::kHealthy);
  EXPECT_EQ(with(0x1 | 0x2 | 0x4 | 0x10 | 0x100 | 0x200 | 0x400).status, Status::kHealthy);
  for (const std::uint64_t harmful : {0x8, 0x20, 0x40, 0x80}) {
    EXPECT_EQ(with(harmful).status, Status::kWarning);
  }
  EXPECT_EQ(with(0x4 | 0x40).details, "Fake GPU runs slowly: the hardware slows itself down because it is too hot");
}

TEST(GpuErrors, AreUnhealthyWhenTheGpuIsAtFault) {
  GpuState memory = Healthy();
  memory.ecc_uncorrected = 2;
  GpuState bus = Healthy();
  bus.xid_critical = 1;
  bus.last_critical_xid = 79;

  EXPECT_EQ(Deep(memory, "gpu_errors").status, Status::kUnhealthy);
  EXPECT_EQ(Deep(bus, "gpu_errors").status, Status::kUnhealthy);
  EXPECT_THAT(Deep(bus, "gpu_errors").details, HasSubstr("Xid 79: it fell off the bus"));
  bus.condition = GpuCondition::kLost;
  EXPECT_THAT(Deep(bus, "gpu_errors").details, HasSubstr("Xid 79")) << "what was told before it was lost says why";
}

TEST(GpuErrors, AreAWarningWhenAProgramMayBeAtFault) {
  GpuState state = Healthy();
  state.xid_application = 1;
  state.last_xid = 31;

  EXPECT_EQ(Deep(state, "gpu_errors").status, Status::kWarning);
  EXPECT_THAT(Deep(state, "gpu_errors").details, HasSubstr("Xid 31: a kernel touched memory"));
}

TEST(GpuErrors, AreNoneWhenMemoryWasCorrected) {
  GpuState state = Healthy();
  state.ecc_corrected = 12;

  EXPECT_EQ(Deep(state, "gpu_errors").status, Status::kHealthy);
  EXPECT_EQ(Deep(state, "gpu_errors").details,
            "since the start no uncorrected memory errors and no Xid errors, 12 corrected");
}

TEST(GpuErrors, DoNotApplyWhereTheDriverTellsOfNone) {
  GpuState state = Healthy();
  state.ecc_uncorrected.reset();
  state.xid_watched = false;

  EXPECT_EQ(Deep(state, "gpu_errors").status, Status::kNotApplicable);
}

TEST(GpuFragmentation, IsWhatCouldNotBeHadInOnePiece) {
  const auto with = [](std::uint64_t asked, std::uint64_t largest) {
    return Deep(
        Healthy(), "gpu_fragmentation",
        GpuBlocks{
            .free_bytes = 4096 * kMebibyte, .asked_bytes = asked * kMebibyte, .largest_bytes = largest * kMebibyte});
  };

  EXPECT_EQ(with(256, 256).status, Status::kHealthy);
  EXPECT_EQ(with(256, 128).status, Status::kWarning);
  EXPECT_EQ(with(256, 64).status, Status::kWarning);
  EXPECT_EQ(with(256, 32).status, Status::kUnhealthy);
  EXPECT_EQ(with(256, 0).status, Status::kUnhealthy);
  EXPECT_EQ(with(256, 32).value, 32);
  EXPECT_EQ(with(0, 0).status, Status::kNotApplicable);
}

TEST(GpuFragmentation, IsNoFaultWhereItCannotBeMeasured) {
  const auto with = [](ErrorCode code) {
    return Deep(Healthy(), "gpu_fragmentation", Result<GpuBlocks>(Fail(code, "CUDA has not answered")));
  };

  EXPECT_EQ(Deep(Healthy(), "gpu_fragmentation").status, Status::kNotApplicable);
  EXPECT_EQ(with(ErrorCode::kNotFound).status, Status::kNotApplicable);
  EXPECT_EQ(with(ErrorCode::kDeadlineExceeded).status, Status::kWarning);
  EXPECT_EQ(with(ErrorCode::kInternal).details, "it cannot be measured: CUDA has not answered");
}

}  // namespace
}  // namespace doclayout::health
