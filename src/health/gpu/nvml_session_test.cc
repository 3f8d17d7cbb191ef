#include "health/gpu/nvml_session.h"

#include <gtest/gtest.h>

#include <string>

#include "health/gpu/testing/scenario_file.h"

namespace doclayout::health {
namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

/// Reads the fake NVML on the test's own thread: what a driver answers and what becomes of it.
class Nvml : public testing::Test {
 protected:
  static NvmlSession::Options Options() { return {.nvml_path = DOCLAYOUT_FAKE_NVML}; }

  ScenarioFile fake_{"FAKE_NVML"};
};

TEST_F(Nvml, TellsAllOfAHealthyGpu) {
  NvmlSession session(Options());

  const GpuState state = session.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kOk);
  EXPECT_EQ(state.reason, "");
  EXPECT_EQ(state.name, "Fake GPU");
  EXPECT_EQ(state.uuid, "GPU-aaaaaaaa-0000-0000-0000-000000000000");
  EXPECT_EQ(state.driver_version, "570.86.15");
  EXPECT_FALSE(state.mig);
  EXPECT_EQ(state.memory_total_bytes, 8192 * kMebibyte);
  EXPECT_EQ(state.memory_used_bytes, 2048 * kMebibyte);
  EXPECT_EQ(state.memory_free_bytes, 6144 * kMebibyte);
  EXPECT_EQ(state.process_memory_bytes, 1000 * kMebibyte) << "its two contexts, and nobody else's";
  EXPECT_EQ(state.utilization_ratio, 0.37);
  EXPECT_EQ(state.temperature_celsius, 45);
  EXPECT_EQ(state.slowdown_celsius, 93);
  EXPECT_EQ(state.shutdown_celsius, 98);
  EXPECT_EQ(state.power_watts, 61.5);
  EXPECT_EQ(state.power_limit_watts, 72);
  EXPECT_EQ(state.throttle_reasons, 0x1U);
  EXPECT_EQ(state.ecc_corrected, 0U) << "those before the start do not count";
  EXPECT_EQ(state.ecc_uncorrected, 0U);
  EXPECT_TRUE(state.xid_watched);
  EXPECT_EQ(state.last_xid, std::nullopt);
  EXPECT_EQ(MemoryUsagePercent(state), 25);
}

TEST_F(Nvml, FollowsMemoryHeatAndClocks) {
  NvmlSession session(Options());

  fake_.Play("leaking");
  const std::uint64_t before = session.Refresh().memory_used_bytes.value();
  EXPECT_EQ(session.Refresh().memory_used_bytes, before + 512 * kMebibyte);

  fake_.Play("full");
  EXPECT_NEAR(MemoryUsagePercent(session.Refresh()).value(), 95, 0.1);
  fake_.Play("out-of-memory");
  EXPECT_EQ(session.Refresh().memory_free_bytes, 64 * kMebibyte);
  fake_.Play("hot");
  EXPECT_EQ(session.Refresh().temperature_celsius, 97);
  fake_.Play("throttled");
  EXPECT_EQ(session.Refresh().throttle_reasons, 0x48U);
}

TEST_F(Nvml, CountsMemoryErrorsSinceTheStart) {
  NvmlSession session(Options());
  session.Refresh();

  fake_.Play("ecc");
  const GpuState worse = session.Refresh();
  fake_.Play("ecc corrected=2 uncorrected=1");  // the driver was loaded anew
  const GpuState reloaded = session.Refresh();

  EXPECT_EQ(worse.ecc_corrected, 12U);
  EXPECT_EQ(worse.ecc_uncorrected, 3U);
  EXPECT_EQ(reloaded.ecc_corrected, 14U);
  EXPECT_EQ(reloaded.ecc_uncorrected, 4U);
}

TEST_F(Nvml, CountsXidErrorsByWhoseFaultTheyAre) {
  NvmlSession session(Options());

  for (const char* scenario : {"xid xid=79", "xid xid=13", "xid xid=31", "xid xid=999"}) {
    fake_.Play(scenario);
    session.Refresh();
    session.Refresh();
  }
  const GpuState state = session.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kOk);
  EXPECT_EQ(state.xid_critical, 1U);
  EXPECT_EQ(state.last_critical_xid, 79U);
  EXPECT_EQ(state.xid_application, 2U);
  EXPECT_EQ(state.xid_other, 1U);
  EXPECT_EQ(state.last_xid, 999U);
}

TEST_F(Nvml, LosesAGpuAndFindsItAgain) {
  NvmlSession session(Options());
  fake_.Play("ecc");
  session.Refresh();
  fake_.Play("ecc uncorrected=5");
  session.Refresh();

  fake_.Play("lost");
  const GpuState lost = session.Refresh();
  const GpuState still = session.Refresh();
  fake_.Play("lost reset=1");
  const GpuState broken = session.Refresh();
  fake_.Play("healthy");
  const GpuState found = session.Refresh();

  EXPECT_EQ(lost.condition, GpuCondition::kLost);
  EXPECT_EQ(still.condition, GpuCondition::kLost);
  EXPECT_EQ(lost.name, "Fake GPU") << "to say which one it was";
  EXPECT_EQ(lost.memory_free_bytes, std::nullopt);
  EXPECT_EQ(lost.temperature_celsius, std::nullopt);
  EXPECT_EQ(lost.ecc_uncorrected, 2U) << "counts stay";
  EXPECT_EQ(broken.condition, GpuCondition::kLost);
  EXPECT_EQ(broken.reason, "GPU 0: the GPU needs a reset (NVML error 16)");
  EXPECT_EQ(found.condition, GpuCondition::kOk);
  EXPECT_TRUE(found.memory_free_bytes);
  EXPECT_TRUE(found.xid_watched);
}

TEST_F(Nvml, IsLostFromTheStartWhenTheDriverSaysSo) {
  fake_.Play("lost");
  NvmlSession session(Options());

  const GpuState state = session.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kLost);
  EXPECT_EQ(state.reason, "GPU 0: the GPU is lost (NVML error 15)");
}

TEST_F(Nvml, KeepsWhatWasReadWhileTheDriverFails) {
  NvmlSession session(Options());
  session.Refresh();

  fake_.Play("failing");
  const GpuState failing = session.Refresh();
  session.Refresh();
  fake_.Play("healthy");
  const GpuState well = session.Refresh();

  EXPECT_EQ(failing.condition, GpuCondition::kFailing);
  EXPECT_EQ(failing.reason, "its memory cannot be read: an error of the driver (NVML error 999)");
  EXPECT_EQ(failing.memory_free_bytes, 6144 * kMebibyte);
  EXPECT_EQ(well.condition, GpuCondition::kOk);
}

TEST_F(Nvml, FindsADriverThatIsLoadedLater) {
  fake_.Play("absent");
  NvmlSession session(Options());

  const GpuState absent = session.Refresh();
  fake_.Play("no-device");
  const GpuState none = session.Refresh();
  fake_.Play("healthy");
  const GpuState there = session.Refresh();
  fake_.Play("failing");
  session.Refresh();
  fake_.Play("absent");
  const GpuState gone = session.Refresh();

  EXPECT_EQ(absent.condition, GpuCondition::kAbsent);
  EXPECT_EQ(absent.reason, "NVML does not start: NVIDIA's kernel driver is not loaded (NVML error 9)");
  EXPECT_FALSE(absent.nvml_missing);
  EXPECT_EQ(none.condition, GpuCondition::kAbsent);
  EXPECT_EQ(none.reason, "NVML finds 0 GPUs, and number 0 is wanted");
  EXPECT_EQ(there.condition, GpuCondition::kOk);
  EXPECT_EQ(gone.condition, GpuCondition::kLost) << "it was there";
}

TEST_F(Nvml, IsAbsentWithoutTheLibrary) {
  NvmlSession none({.nvml_path = "/nowhere/libnvidia-ml.so.1"});
  NvmlSession other({.nvml_path = "libdl.so.2"});

  const GpuState state = none.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kAbsent);
  EXPECT_TRUE(state.nvml_missing);
  EXPECT_TRUE(state.reason.starts_with("NVML cannot be loaded: /nowhere/libnvidia-ml.so.1: ")) << state.reason;
  EXPECT_EQ(other.Refresh().reason, "'libdl.so.2' is not NVML");
}

TEST_F(Nvml, DoesWithoutWhatAnOldDriverLacks) {
  NvmlSession session({.nvml_path = DOCLAYOUT_OLD_NVML});

  const GpuState state = session.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kOk);
  EXPECT_EQ(state.memory_free_bytes, 6144 * kMebibyte);
  EXPECT_EQ(state.temperature_celsius, 45);
  EXPECT_EQ(state.driver_version, "");
  EXPECT_EQ(state.slowdown_celsius, std::nullopt);
  EXPECT_EQ(state.process_memory_bytes, std::nullopt);
  EXPECT_EQ(state.utilization_ratio, std::nullopt);
  EXPECT_EQ(state.power_watts, std::nullopt);
  EXPECT_EQ(state.throttle_reasons, std::nullopt);
  EXPECT_EQ(state.ecc_uncorrected, std::nullopt);
  EXPECT_FALSE(state.xid_watched);
}

TEST_F(Nvml, DoesWithoutWhatAGpuDoesNotSupport) {
  fake_.Play("consumer");
  NvmlSession session(Options());

  const GpuState state = session.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kOk);
  EXPECT_EQ(state.power_watts, std::nullopt);
  EXPECT_EQ(state.ecc_corrected, std::nullopt);
  EXPECT_FALSE(state.xid_watched);
  EXPECT_EQ(state.utilization_ratio, 0.37);
}

TEST_F(Nvml, FindsItsMemoryAmongManyProcesses) {
  fake_.Play("healthy processes=100");
  NvmlSession session(Options());

  EXPECT_EQ(session.Refresh().process_memory_bytes, 1000 * kMebibyte);
}

TEST_F(Nvml, TakesTheOnlyProcessForItselfWhereNumbersAreOfAnotherNamespace) {
  fake_.Play("container");
  NvmlSession session(Options());
  EXPECT_EQ(session.Refresh().process_memory_bytes, 700 * kMebibyte);

  fake_.Play("container untold=1");
  EXPECT_EQ(session.Refresh().process_memory_bytes, std::nullopt);
}

TEST_F(Nvml, ReadsThePartOfADividedGpuThatCudaTakes) {
  fake_.Play("mig");
  NvmlSession session(Options());

  const GpuState state = session.Refresh();

  EXPECT_EQ(state.condition, GpuCondition::kOk);
  EXPECT_TRUE(state.mig);
  EXPECT_EQ(state.uuid, "MIG-cccccccc-0000-0000-0000-000000000000");
  EXPECT_EQ(state.memory_total_bytes, 2048 * kMebibyte);
  EXPECT_EQ(state.utilization_ratio, std::nullopt);
  EXPECT_EQ(state.temperature_celsius, 45) << "the board's";
}

TEST_F(Nvml, ReadsThePartOfADividedGpuThatIsNamed) {
  fake_.Play("mig");
  NvmlSession::Options options = Options();
  options.visible_devices = "MIG-dddddddd-0000-0000-0000-000000000000";
  NvmlSession session(options);

  EXPECT_EQ(session.Refresh().uuid, "MIG-dddddddd-0000-0000-0000-000000000000");
}

TEST_F(Nvml, LeavesOutErrorsOfOtherPartsOfTheGpu) {
  fake_.Play("mig");
  NvmlSession session(Options());
  ASSERT_TRUE(session.Refresh().mig);

  fake_.Play("xid xid=94 instance=8");
  EXPECT_EQ(session.Refresh().xid_critical, 0U);
  fake_.Play("xid xid=94 instance=7");
  EXPECT_EQ(session.Refresh().xid_critical, 1U);
  fake_.Play("xid xid=79");
  EXPECT_EQ(session.Refresh().xid_critical, 2U) << "the whole GPU's";
}

TEST_F(Nvml, ReadsTheDeviceThatIsVisibleToCuda) {
  NvmlSession::Options second = Options();
  second.device_index = 1;
  NvmlSession::Options swapped = Options();
  swapped.visible_devices = "1,0";
  NvmlSession::Options named = Options();
  named.visible_devices = "GPU-bbbb";

  for (const NvmlSession::Options& options : {second, swapped, named}) {
    NvmlSession session(options);
    EXPECT_EQ(session.Refresh().name, "Other fake GPU");
  }
}

TEST_F(Nvml, SaysThatTheWantedDeviceIsNotThere) {
  NvmlSession::Options options = Options();
  options.visible_devices = "GPU-12345678";
  NvmlSession unknown(options);
  options.visible_devices = "";
  NvmlSession hidden(options);

  EXPECT_EQ(unknown.Refresh().reason, "none of the 2 GPUs that NVML finds is GPU-12345678");
  EXPECT_EQ(unknown.Refresh().condition, GpuCondition::kAbsent);
  EXPECT_EQ(hidden.Refresh().condition, GpuCondition::kAbsent);
  EXPECT_FALSE(hidden.Refresh().nvml_missing);
}

}  // namespace
}  // namespace doclayout::health
