#include "health/gpu/gpu_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "base/testing/fake_clock.h"
#include "health/gpu/testing/scenario_file.h"

namespace doclayout::health {
namespace {

using testing::HasSubstr;

constexpr Duration kPatience = std::chrono::minutes(1);

class GpuMetrics : public testing::Test {
 protected:
  std::string Expose(const GpuTelemetry* telemetry) {
    metrics::Registry registry;
    AddGpuMetrics(registry, telemetry);
    return registry.Expose(metrics::Registry::Format::kPrometheusText);
  }

  GpuTelemetry::Options Options() { return {.nvml_path = DOCLAYOUT_FAKE_NVML, .period = std::chrono::hours(1)}; }

  FakeClock clock_;
  ScenarioFile fake_{"FAKE_NVML"};
};

/// The series without their values.
std::string Names(const std::string& exposed) {
  return std::regex_replace(exposed, std::regex("^([^#\\n]*) [^ \\n]*$", std::regex::multiline), "$1");
}

TEST_F(GpuMetrics, AreAllThereWithoutAGpu) {
  const GpuTelemetry telemetry(Options(), clock_);
  telemetry.ReadFresh(kPatience);

  const std::string without = Expose(nullptr);

  EXPECT_EQ(Names(without), Names(Expose(&telemetry)));
  for (const char* line :
       {"pp_doclayout_gpu_memory_usage_percent 0", "pp_doclayout_gpu_memory_used_bytes 0",
        "pp_doclayout_gpu_memory_total_bytes 0", "pp_doclayout_gpu_utilization_ratio 0",
        "pp_doclayout_gpu_temperature_celsius 0", "pp_doclayout_gpu_throttled{reason=\"hw_thermal\"} 0",
        "pp_doclayout_gpu_ecc_errors_total{kind=\"uncorrected\"} 0",
        "pp_doclayout_gpu_xid_errors_total{kind=\"critical\"} 0", "pp_doclayout_gpu_up 0"}) {
    EXPECT_THAT(without, HasSubstr(std::string("\n") + line + "\n"));
  }
}

TEST_F(GpuMetrics, SayWhatWasRead) {
  const GpuTelemetry telemetry(Options(), clock_);
  telemetry.ReadFresh(kPatience);
  fake_.Play("throttled used_mib=4096 temperature=91 uncorrected=2 corrected=9");
  telemetry.ReadFresh(kPatience);
  clock_.Advance(std::chrono::milliseconds(1500));

  const std::string exposed = Expose(&telemetry);

  for (const char* line :
       {"pp_doclayout_gpu_memory_usage_percent 50", "pp_doclayout_gpu_memory_used_bytes 4294967296",
        "pp_doclayout_gpu_memory_total_bytes 8589934592", "pp_doclayout_gpu_process_memory_bytes 1048576000",
        "pp_doclayout_gpu_utilization_ratio 0.37", "pp_doclayout_gpu_temperature_celsius 91",
        "pp_doclayout_gpu_power_watts 61.5", "pp_doclayout_gpu_power_limit_watts 72",
        "pp_doclayout_gpu_throttled{reason=\"hw_thermal\"} 1", "pp_doclayout_gpu_throttled{reason=\"sw_thermal\"} 0",
        "pp_doclayout_gpu_ecc_errors_total{kind=\"uncorrected\"} 2",
        "pp_doclayout_gpu_ecc_errors_total{kind=\"corrected\"} 4", "pp_doclayout_gpu_up 1",
        "pp_doclayout_gpu_condition{condition=\"ok\"} 1", "pp_doclayout_gpu_condition{condition=\"lost\"} 0",
        "pp_doclayout_gpu_telemetry_age_seconds 1.5"}) {
    EXPECT_THAT(exposed, HasSubstr(std::string("\n") + line + "\n"));
  }
}

TEST_F(GpuMetrics, CountXidErrorsAlsoOfAGpuThatIsLost) {
  const GpuTelemetry telemetry(Options(), clock_);
  fake_.Play("xid xid=79");
  telemetry.ReadFresh(kPatience);
  fake_.Play("lost");
  telemetry.ReadFresh(kPatience);

  const std::string exposed = Expose(&telemetry);

  for (const char* line : {"pp_doclayout_gpu_xid_errors_total{kind=\"critical\"} 1", "pp_doclayout_gpu_last_xid 79",
                           "pp_doclayout_gpu_up 0", "pp_doclayout_gpu_condition{condition=\"lost\"} 1",
                           "pp_doclayout_gpu_memory_used_bytes 0"}) {
    EXPECT_THAT(exposed, HasSubstr(std::string("\n") + line + "\n"));
  }
}

}  // namespace
}  // namespace doclayout::health
