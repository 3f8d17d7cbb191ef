#pragma once

#include "base/result.h"

namespace doclayout::runtime {

/// Asks NVIDIA's driver, which is loaded for it, for its GPUs: how many there are. `kBadParameter` that names the
/// driver's library when that is missing, or the driver's own number when it does not start. Thread-safe.
Result<int> CountGpus();

}  // namespace doclayout::runtime
