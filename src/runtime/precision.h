#pragma once

#include <string_view>

#include "base/result.h"

namespace doclayout::runtime {

/// Arithmetic of the inference. `kAuto` is the runtime's choice, which on processors with bfloat16 is bfloat16: the
/// same page then gives other scores and boxes than elsewhere. So `kFloat32` is the default everywhere.
enum class Precision { kFloat32, kBfloat16, kAuto };

/// "f32", "bf16" or "auto"; anything else is `kBadParameter`.
Result<Precision> ParsePrecision(std::string_view name);

/// The names above.
std::string_view PrecisionName(Precision precision);

}  // namespace doclayout::runtime
