#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/result.h"

namespace doclayout::health {

/// A GPU as NVML can be asked for it: its index there, or the (start of the) UUID of a GPU or a MIG device.
using NvmlDeviceName = std::variant<unsigned, std::string>;

/// Which GPU the CUDA runtime's device `index` is to NVML, that knows nothing of CUDA_VISIBLE_DEVICES: its value, or
/// nullopt where it is not set. As the runtime does, takes the list up to its first entry that is no number and no UUID
/// ("GPU-…", its start, "MIG-…"). `kNotFound` that says why when the runtime sees no such device.
///
/// NVML counts by PCI bus. So does CUDA with CUDA_DEVICE_ORDER=PCI_BUS_ID; by default it puts the fastest first, which
/// is the same where all GPUs are alike. A machine that mixes them needs that variable, or UUIDs.
Result<NvmlDeviceName> VisibleDevice(const std::optional<std::string>& cuda_visible_devices, int index);

}  // namespace doclayout::health
