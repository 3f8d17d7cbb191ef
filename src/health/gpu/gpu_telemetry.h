#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "health/gpu/gpu_state.h"

namespace doclayout::health {

/// Reads a GPU through NVML on a thread of its own ("gpu-telemetry"), for the health checks and the metrics.
///
/// Thread-safe. NVML may hang for ever when the GPU or the driver is in trouble. Only the thread waits for it then: the
/// readers see that the reading under way takes too long. No second thread is begun; when NVML comes back, the readings
/// do. A GPU or a driver that is not there, or lost, is asked for again each period.
class GpuTelemetry {
 public:
  struct Options {
    std::string nvml_path = "libnvidia-ml.so.1";  ///< a bare name is looked up by the loader
    int device_index = 0;                         ///< of the GPU, as the CUDA runtime counts them
    /// CUDA_VISIBLE_DEVICES, by which the runtime's count and NVML's differ (see VisibleDevice); nullopt: not set.
    std::optional<std::string> visible_devices;
    Duration period = std::chrono::seconds(2);
    Duration timeout = std::chrono::seconds(5);  ///< a reading that takes longer hangs
  };

  /// Starts the thread; does not wait for the first reading. `clock` must outlive the telemetry, though not a thread
  /// that hangs. Throws std::system_error where there is no thread to be had.
  GpuTelemetry(const Options& options, const Clock& clock);

  /// Ends the thread. One that hangs in NVML is left behind after a moment, with all that it may still touch.
  ~GpuTelemetry();

  GpuTelemetry(const GpuTelemetry&) = delete;
  GpuTelemetry& operator=(const GpuTelemetry&) = delete;

  /// What is known now. Never waits for NVML: takes one lock, which nobody holds for longer than a copy.
  GpuState Read() const;

  /// What a reading says that begins from now on, such as after an inference. Blocks until there is one, for `patience`
  /// at most (in real time, whatever the clock says), and not once NVML hangs; then returns what `Read` does. Not for
  /// threads that must not wait.
  GpuState ReadFresh(Duration patience) const;

 private:
  class Shared;

  const std::shared_ptr<Shared> shared_;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace doclayout::health
