#include "health/gpu/gpu_blocks.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "health/gpu/testing/library_copy.h"
#include "health/gpu/testing/scenario_file.h"

namespace doclayout::health {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMebibyte = 1 << 20;

/// What the fake gave out and did not get back.
long Held() {
  void* library = dlopen(DOCLAYOUT_FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
  return reinterpret_cast<long (*)()>(dlsym(library, "fake_cuda_held"))();
}

class Blocks : public testing::Test {
 protected:
  static GpuBlockProbe::Options Options() {
    return {.cuda_path = DOCLAYOUT_FAKE_CUDA, .timeout = std::chrono::minutes(1)};
  }

  ScenarioFile fake_{"FAKE_CUDA"};
};

TEST_F(Blocks, AreHadAsAskedForAndGivenBack) {
  GpuBlockProbe probe(Options());

  const Result<GpuBlocks> blocks = probe.Measure();

  ASSERT_TRUE(blocks) << blocks.error().message;
  EXPECT_EQ(blocks->total_bytes, 8192 * kMebibyte);
  EXPECT_EQ(blocks->free_bytes, 4096 * kMebibyte);
  EXPECT_EQ(blocks->asked_bytes, 256 * kMebibyte);
  EXPECT_EQ(blocks->largest_bytes, 256 * kMebibyte);
  EXPECT_EQ(Held(), 0);
}

TEST_F(Blocks, AreLookedForByHalves) {
  fake_.Play("fragmented");
  GpuBlockProbe probe(Options());

  const Result<GpuBlocks> blocks = probe.Measure();

  ASSERT_TRUE(blocks);
  EXPECT_EQ(blocks->asked_bytes, 256 * kMebibyte);
  EXPECT_EQ(blocks->largest_bytes, 16 * kMebibyte);
  EXPECT_EQ(Held(), 0);
}

TEST_F(Blocks, LeaveHalfOfWhatIsFreeToTheInference) {
  fake_.Play("healthy free_mib=100");
  GpuBlockProbe probe(Options());

  EXPECT_EQ(probe.Measure()->asked_bytes, 50 * kMebibyte);
}

TEST_F(Blocks, AreNotAskedForWhenThereIsNothing) {
  fake_.Play("healthy free_mib=1");
  GpuBlockProbe probe(Options());
  EXPECT_EQ(probe.Measure()->asked_bytes, 0U);

  fake_.Play("fragmented piece_mib=0");
  const Result<GpuBlocks> none = probe.Measure();
  EXPECT_EQ(none->asked_bytes, 256 * kMebibyte);
  EXPECT_EQ(none->largest_bytes, 0U);
}

TEST_F(Blocks, SayWhyTheyCannotBeHad) {
  GpuBlockProbe probe(Options());
  GpuBlockProbe::Options options = Options();
  options.device_index = 1;
  GpuBlockProbe other_device(options);
  options.cuda_path = "/nowhere/libcuda.so.1";
  GpuBlockProbe no_library(options);

  EXPECT_EQ(other_device.Measure().error(), (Error{ErrorCode::kNotFound, "there is no GPU 1: CUDA error 101"}));
  EXPECT_EQ(no_library.Measure().error().code, ErrorCode::kNotFound);
  fake_.Play("absent");
  EXPECT_EQ(probe.Measure().error(), (Error{ErrorCode::kNotFound, "CUDA does not start: CUDA error 100"}));
  fake_.Play("unused");
  EXPECT_EQ(probe.Measure().error(), (Error{ErrorCode::kNotFound, "this process does not use the GPU"}));
  fake_.Play("broken");
  EXPECT_EQ(probe.Measure().error(), (Error{ErrorCode::kInternal, "no memory can be had on the GPU: CUDA error 700"}));
  EXPECT_EQ(Held(), 0);
}

TEST_F(Blocks, AreNotWaitedForWhenCudaHangs) {
  fake_.Play("hanging");
  GpuBlockProbe::Options options = Options();
  options.timeout = milliseconds(1);
  GpuBlockProbe probe(options);

  EXPECT_EQ(probe.Measure().error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(probe.Measure().error().code, ErrorCode::kDeadlineExceeded);

  fake_.Play("healthy");
  while (!probe.Measure()) std::this_thread::yield();
}

TEST_F(Blocks, LeaveBehindAMeasurementThatHangs) {
  const LibraryCopy library(DOCLAYOUT_FAKE_CUDA);
  fake_.Play("hanging");
  GpuBlockProbe::Options options = Options();
  options.cuda_path = library.path();
  options.timeout = milliseconds(1);

  EXPECT_FALSE(GpuBlockProbe(options).Measure());
}

TEST_F(Blocks, MayBeAskedForByManyAtOnce) {
  GpuBlockProbe probe(Options());

  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&probe] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(probe.Measure());
    });
  }
  for (std::thread& caller : callers) caller.join();

  EXPECT_EQ(Held(), 0);
}

}  // namespace
}  // namespace doclayout::health
