#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace doclayout::runtime {

/// Where a model infers. A plain value.
struct Device {
  enum class Kind { kAuto, kCpu, kGpu };

  Kind kind = Kind::kAuto;
  int index = 0;  ///< of the GPU, as the driver counts them

  friend bool operator==(const Device&, const Device&) = default;
};

/// "auto", "cpu", "gpu" (the first) or "gpu:N"; anything else is `kBadParameter`.
Result<Device> ParseDevice(std::string_view name);

/// The names above.
std::string DeviceName(const Device& device);

}  // namespace doclayout::runtime
