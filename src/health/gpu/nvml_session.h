#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "health/gpu/gpu_state.h"
#include "health/gpu/nvml_library.h"

namespace doclayout::health {

/// A conversation with NVML about one GPU: loads the library, finds the GPU, reads it, and begins anew after an error,
/// so that a driver that comes back is found again.
///
/// Not thread-safe: one thread does all of it. Every call, the destructor included, may block for as long as the driver
/// likes: for ever, when the GPU or the driver is in trouble.
///
/// On a GPU that is divided (MIG), memory is that of the part that CUDA_VISIBLE_DEVICES names, or of the first one,
/// which is the one that CUDA takes; temperature, power, throttling and errors are the whole GPU's.
class NvmlSession {
 public:
  struct Options {
    std::string nvml_path;
    int device_index = 0;                        ///< as the CUDA runtime counts
    std::optional<std::string> visible_devices;  ///< CUDA_VISIBLE_DEVICES
  };

  explicit NvmlSession(Options options) : options_(std::move(options)) {}
  ~NvmlSession() { Disconnect(); }

  NvmlSession(const NvmlSession&) = delete;
  NvmlSession& operator=(const NvmlSession&) = delete;

  /// Reads all there is. `age` is left to whoever knows the time.
  GpuState Refresh();

 private:
  using Return = nvml::Return;

  struct Trouble {
    GpuCondition condition;
    std::string reason;
  };

  /// A counter of the driver's as one that begins at 0 and never falls: the driver's does when it is loaded anew.
  class RisingCount {
   public:
    std::uint64_t Take(std::uint64_t now);

   private:
    std::optional<std::uint64_t> last_;
    std::uint64_t total_ = 0;
  };

  std::optional<Trouble> Connect();
  void Disconnect();
  std::optional<Trouble> FindDevice();
  std::optional<Trouble> FindByIndex(unsigned index);
  std::optional<Trouble> FindByUuid(const std::string& start);
  bool IsDivided(nvml::Device board);
  /// The first part of a divided GPU whose UUID begins so; null without one.
  nvml::Device FindPart(nvml::Device board, const std::string& start);
  void Introduce();
  void WatchEvents();

  std::optional<Trouble> Read();
  std::optional<Trouble> ReadMemory();
  void ReadProcessMemory();
  void ReadClimate();
  void ReadEcc();
  void DrainEvents();
  void CountXid(std::uint64_t xid);

  /// Calls a function that may be missing, and notes when the answer is that the GPU is gone: no more is asked then.
  template <typename... Parameters>
  Return Ask(Return (*function)(Parameters...), std::type_identity_t<Parameters>... arguments) {
    if (gone_) return *gone_;
    if (function == nullptr) return Return::kFunctionNotFound;
    const Return code = function(arguments...);
    if (code == Return::kGpuIsLost || code == Return::kResetRequired) gone_ = code;
    return code;
  }
  std::string AskText(Return (*function)(nvml::Device, char*, unsigned), nvml::Device device);
  /// What `function` says of the board, times `factor`; nullopt when it says nothing.
  std::optional<double> AskNumber(Return (*function)(nvml::Device, unsigned*), double factor);
  std::optional<double> AskThreshold(unsigned threshold);

  const Options options_;

  std::optional<NvmlLibrary> nvml_;
  bool initialised_ = false;
  bool seen_ = false;              ///< it was read once: when it is not there, it is lost
  std::optional<Return> gone_;     ///< what said so since the conversation began
  nvml::Device board_ = nullptr;   ///< the GPU
  nvml::Device device_ = nullptr;  ///< what CUDA uses of it: the GPU, or a part
  unsigned part_ = nvml::kNoInstance;
  nvml::EventSet events_ = nullptr;

  RisingCount ecc_corrected_;
  RisingCount ecc_uncorrected_;
  GpuState state_;
};

}  // namespace doclayout::health
