#pragma once

#include <cstdint>
#include <vector>

#include "runtime/onnxruntime/api.h"
#include "types/tensor.h"

namespace doclayout::runtime {

/// Whether a tensor of the runtime's type can be shown as it is.
bool IsType(ONNXTensorElementDataType type, ElementType wanted);

/// Copies a tensor's elements as another type; integers that do not fit become the nearest that does. Throws
/// `std::runtime_error` for types that are not converted. Thread-safe.
void ConvertElements(const Ort::Value& value, ElementType wanted, std::vector<std::uint8_t>& converted);

}  // namespace doclayout::runtime
