#include "health/gpu/gpu_telemetry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/fake_clock.h"
#include "health/gpu/testing/library_copy.h"
#include "health/gpu/testing/scenario_file.h"

namespace doclayout::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Longer than any test takes: a reading comes only when a test asks for it.
constexpr Duration kNever = std::chrono::hours(1);
/// Longer than any reading takes.
constexpr Duration kPatience = minutes(1);

class Telemetry : public testing::Test {
 protected:
  static GpuTelemetry::Options Options() {
    return {.nvml_path = DOCLAYOUT_FAKE_NVML, .period = kNever, .timeout = seconds(5)};
  }

  /// For a reading that hangs.
  GpuTelemetry::Options OptionsOfItsOwn() {
    GpuTelemetry::Options options = Options();
    options.nvml_path = own_library_.path();
    return options;
  }

  /// Has a reading that hangs, and lets time pass until that is known. Each look is one that did not wait for NVML.
  GpuState Hang(const GpuTelemetry& telemetry, FakeClock& clock) {
    // After one that ended: a thread that has not begun looks like one that hangs.
    telemetry.ReadFresh(kPatience);
    fake_.Play("hanging");
    telemetry.ReadFresh(Duration::zero());  // It is asked for, and not waited for.
    GpuState state = telemetry.Read();
    while (state.condition != GpuCondition::kHanging) {
      clock.Advance(seconds(1));
      std::this_thread::yield();
      state = telemetry.Read();
    }
    return state;
  }

  const LibraryCopy own_library_{DOCLAYOUT_FAKE_NVML};
  FakeClock clock_;
  ScenarioFile fake_{"FAKE_NVML"};
};

TEST_F(Telemetry, ReadsTheGpuAndSaysHowOldThatIs) {
  const GpuTelemetry telemetry(Options(), clock_);

  const GpuState fresh = telemetry.ReadFresh(kPatience);
  clock_.Advance(seconds(3));
  const GpuState older = telemetry.Read();

  EXPECT_EQ(fresh.condition, GpuCondition::kOk);
  EXPECT_EQ(fresh.age, Duration::zero());
  EXPECT_EQ(older.condition, GpuCondition::kOk);
  EXPECT_EQ(older.age, seconds(3));
  EXPECT_EQ(older.name, "Fake GPU");
}

TEST_F(Telemetry, ReadsByItselfEachPeriod) {
  fake_.Play("leaking");
  GpuTelemetry::Options options = Options();
  options.period = milliseconds(1);
  const GpuTelemetry telemetry(options, clock_);

  while (telemetry.Read().memory_used_bytes.value_or(0) < std::uint64_t{4} << 30) std::this_thread::yield();
}

TEST_F(Telemetry, StartsWithNothingKnown) {
  fake_.Play("hanging");
  const GpuTelemetry telemetry(OptionsOfItsOwn(), clock_);

  const GpuState state = telemetry.Read();

  EXPECT_EQ(state.condition, GpuCondition::kStarting);
  EXPECT_EQ(state.age, std::nullopt);
}

TEST_F(Telemetry, NeverMakesAReaderWaitForNvml) {
  const GpuTelemetry telemetry(OptionsOfItsOwn(), clock_);

  const GpuState hanging = Hang(telemetry, clock_);
  const GpuState asked = telemetry.ReadFresh(kPatience);

  EXPECT_TRUE(hanging.reason.starts_with("NVML has not answered for ")) << hanging.reason;
  EXPECT_EQ(hanging.memory_free_bytes, std::uint64_t{6} << 30) << "what was read before";
  EXPECT_GE(hanging.age, seconds(5));
  EXPECT_EQ(asked.condition, GpuCondition::kHanging) << "and nobody waits for a fresh one either";
}

TEST_F(Telemetry, HangsNoSoonerThanTheTimeout) {
  fake_.Play("hanging");
  const GpuTelemetry telemetry(OptionsOfItsOwn(), clock_);

  clock_.Advance(seconds(5) - milliseconds(1));

  EXPECT_EQ(telemetry.Read().condition, GpuCondition::kStarting);
}

TEST_F(Telemetry, IsWellAgainWhenNvmlComesBack) {
  const GpuTelemetry telemetry(OptionsOfItsOwn(), clock_);
  Hang(telemetry, clock_);

  fake_.Play("healthy");
  GpuState state = telemetry.Read();
  while (state.condition == GpuCondition::kHanging) {
    std::this_thread::yield();
    state = telemetry.Read();
  }

  EXPECT_EQ(state.condition, GpuCondition::kOk);
  EXPECT_EQ(state.reason, "");
  EXPECT_EQ(state.age, Duration::zero());
}

TEST_F(Telemetry, EndsWhileItsThreadHangs) {
  auto clock = std::make_unique<FakeClock>();
  auto telemetry = std::make_unique<GpuTelemetry>(OptionsOfItsOwn(), *clock);
  Hang(*telemetry, *clock);

  telemetry.reset();
  clock.reset();  // The thread that is left behind may not touch it when it comes back.
  fake_.Play("healthy");

  EXPECT_EQ(GpuTelemetry(Options(), clock_).ReadFresh(kPatience).condition, GpuCondition::kOk);
}

TEST_F(Telemetry, IsLostAndFoundAgain) {
  const GpuTelemetry telemetry(Options(), clock_);
  telemetry.ReadFresh(kPatience);

  fake_.Play("lost");
  const GpuState lost = telemetry.ReadFresh(kPatience);
  fake_.Play("healthy");
  const GpuState found = telemetry.ReadFresh(kPatience);

  EXPECT_EQ(lost.condition, GpuCondition::kLost);
  EXPECT_EQ(lost.age, std::nullopt) << "there is no reading";
  EXPECT_EQ(found.condition, GpuCondition::kOk);
}

TEST_F(Telemetry, StaysLostWhenNvmlHangsOverIt) {
  const GpuTelemetry telemetry(OptionsOfItsOwn(), clock_);
  fake_.Play("lost");
  telemetry.ReadFresh(kPatience);

  fake_.Play("hanging");
  telemetry.ReadFresh(Duration::zero());
  GpuState state = telemetry.Read();
  while (state.reason.find("has not answered") == std::string::npos) {
    clock_.Advance(seconds(1));
    state = telemetry.Read();
  }

  EXPECT_EQ(state.condition, GpuCondition::kLost);
  EXPECT_TRUE(state.reason.starts_with("GPU 0: the GPU is lost") || state.reason.starts_with("its memory"))
      << state.reason;
}

TEST_F(Telemetry, KeepsTheAgeOfItsReadingWhileTheDriverFails) {
  const GpuTelemetry telemetry(Options(), clock_);
  telemetry.ReadFresh(kPatience);

  fake_.Play("failing");
  clock_.Advance(seconds(7));
  const GpuState state = telemetry.ReadFresh(kPatience);

  EXPECT_EQ(state.condition, GpuCondition::kFailing);
  EXPECT_EQ(state.age, seconds(7));
}

TEST_F(Telemetry, IsReadByManyAtOnce) {
  GpuTelemetry::Options options = Options();
  options.period = Duration::zero();
  const GpuTelemetry telemetry(options, clock_);

  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&telemetry] {
      for (int i = 0; i < 50; ++i) {
        telemetry.Read();
        EXPECT_EQ(telemetry.ReadFresh(kPatience).condition, GpuCondition::kOk);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace doclayout::health
