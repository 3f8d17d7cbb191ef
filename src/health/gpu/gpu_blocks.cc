#include "health/gpu/gpu_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "health/gpu/cuda_driver.h"
#include "health/gpu/driver_thread.h"

namespace doclayout::health {
namespace {

/// Less than this is no use to anybody: not asked for.
constexpr std::uint64_t kLeastBytes = std::uint64_t{1} << 20;

tl::unexpected<Error> CudaError(std::string_view doing, CudaReturn code) {
  const bool absent = code == CudaReturn::kNoDevice || code == CudaReturn::kInvalidDevice;
  return Fail(absent ? ErrorCode::kNotFound : ErrorCode::kInternal,
              fmt::format("{}: CUDA error {}", doing, static_cast<int>(code)));
}

/// With a context that is current on this thread.
Result<GpuBlocks> MeasureHere(const CudaDriver& cuda, std::uint64_t wish_bytes) {
  std::size_t free = 0;
  std::size_t total = 0;
  if (const CudaReturn code = cuda.memory_info(&free, &total); code != CudaReturn::kSuccess) {
    return CudaError("the GPU's memory cannot be read", code);
  }
  GpuBlocks blocks{
      .total_bytes = total, .free_bytes = free, .asked_bytes = std::min<std::uint64_t>(wish_bytes, free / 2)};
  if (blocks.asked_bytes < kLeastBytes) blocks.asked_bytes = 0;
  for (std::uint64_t bytes = blocks.asked_bytes; bytes >= kLeastBytes; bytes /= 2) {
    CudaPointer block = 0;
    const CudaReturn code = cuda.allocate(&block, bytes);
    if (code == CudaReturn::kOutOfMemory) continue;
    if (code != CudaReturn::kSuccess) return CudaError("no memory can be had on the GPU", code);
    if (const CudaReturn freed = cuda.free(block); freed != CudaReturn::kSuccess) {
      return CudaError("memory cannot be given back to the GPU", freed);
    }
    blocks.largest_bytes = bytes;
    break;
  }
  return blocks;
}

Result<GpuBlocks> MeasureOn(const CudaDriver& cuda, const GpuBlockProbe::Options& options) {
  CudaDevice device = 0;
  if (const CudaReturn code = cuda.init(0); code != CudaReturn::kSuccess) {
    return CudaError("CUDA does not start", code);
  }
  if (const CudaReturn code = cuda.device(&device, options.device_index); code != CudaReturn::kSuccess) {
    return CudaError(fmt::format("there is no GPU {}", options.device_index), code);
  }
  unsigned flags = 0;
  int active = 0;
  if (const CudaReturn code = cuda.primary_context_state(device, &flags, &active); code != CudaReturn::kSuccess) {
    return CudaError("the GPU's context cannot be read", code);
  }
  if (active == 0) return Fail(ErrorCode::kNotFound, "this process does not use the GPU");
  CudaContext context = nullptr;
  if (const CudaReturn code = cuda.primary_context_retain(&context, device); code != CudaReturn::kSuccess) {
    return CudaError("the GPU's context cannot be had", code);
  }
  const CudaReturn code = cuda.set_current(context);
  Result<GpuBlocks> blocks = code == CudaReturn::kSuccess ? MeasureHere(cuda, options.wish_bytes)
                                                          : CudaError("the GPU's context cannot be used", code);
  cuda.set_current(nullptr);
  cuda.primary_context_release(device);
  return blocks;
}

Result<GpuBlocks> LoadAndMeasure(const GpuBlockProbe::Options& options) {
  const Result<CudaDriver> cuda = LoadCudaDriver(options.cuda_path);
  if (!cuda) return Fail(cuda.error());
  return MeasureOn(*cuda, options);
}

}  // namespace

/// What the callers and the measuring thread share. Thread-safe.
class GpuBlockProbe::Shared {
 public:
  /// Whether the caller is the one who has to begin the measurement that it waits for; its number is `awaited`.
  bool Join(std::uint64_t& awaited) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const bool begins = begun_ == ended_;
    if (begins) ++begun_;
    awaited = begun_;
    return begins;
  }

  void End(Result<GpuBlocks> blocks) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      ended_ = begun_;
      overdue_ = false;
      blocks_ = std::move(blocks);
    }
    done_.NotifyAll();
  }

  Result<GpuBlocks> Await(std::uint64_t awaited, Duration timeout) EXCLUDES(mutex_) {
    const SteadyClock clock;
    const TimePoint until = clock.Now() + timeout;
    const MutexLock lock(mutex_);
    while (ended_ < awaited && !overdue_) {
      const Duration left = until - clock.Now();
      if (left <= Duration::zero()) {
        overdue_ = true;
        break;
      }
      done_.WaitFor(mutex_, left);
    }
    if (ended_ >= awaited) return *blocks_;
    return Fail(ErrorCode::kDeadlineExceeded,
                fmt::format("CUDA has not answered for {:.0f} s or more", Milliseconds(timeout) / 1000));
  }

 private:
  CondVar done_;

  Mutex mutex_;
  std::uint64_t begun_ GUARDED_BY(mutex_) = 0;  ///< measurements, one at a time
  std::uint64_t ended_ GUARDED_BY(mutex_) = 0;
  bool overdue_ GUARDED_BY(mutex_) = false;  ///< the one under way took too long
  std::optional<Result<GpuBlocks>> blocks_ GUARDED_BY(mutex_);
};

GpuBlockProbe::GpuBlockProbe(Options options) : options_(std::move(options)), shared_(std::make_shared<Shared>()) {}

GpuBlockProbe::~GpuBlockProbe() = default;

Result<GpuBlocks> GpuBlockProbe::Measure() {
  std::uint64_t awaited = 0;
  if (shared_->Join(awaited)) {
    try {
      // Left to itself: nobody waits for it to end, for it may not. Touches nothing of the probe, which it may outlive.
      std::thread([shared = shared_, options = options_] {
        BecomeDriverThread("gpu-blocks");
        shared->End(LoadAndMeasure(options));
      }).detach();
    } catch (const std::system_error& error) {
      shared_->End(Fail(ErrorCode::kOverloaded, fmt::format("there is no thread to be had: {}", error.what())));
    }
  }
  return shared_->Await(awaited, options_.timeout);
}

}  // namespace doclayout::health
