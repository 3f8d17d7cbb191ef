#include "runtime/onnxruntime/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "runtime/onnxruntime/half.h"

namespace doclayout::runtime {
namespace {

/// Distinct from the integer that has the same bits.
struct Half {
  std::uint16_t bits;
};

template <typename To, typename From>
To ConvertOne(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return ConvertOne<To>(HalfToFloat(value.bits));
  } else if constexpr (std::is_floating_point_v<To> || std::is_same_v<From, bool>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    // Converting what does not fit is undefined; not a number fails both comparisons.
    constexpr auto kLargest = static_cast<double>(std::numeric_limits<To>::max());
    const auto wide = static_cast<double>(value);
    return wide >= 0 && wide <= kLargest ? static_cast<To>(wide) : wide > 0 ? std::numeric_limits<To>::max() : To{0};
  } else {
    return static_cast<To>(
        std::clamp<std::int64_t>(value, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
  }
}

template <typename From, typename To>
void Copy(const void* source, std::size_t count, std::vector<std::uint8_t>& converted) {
  converted.resize(count * sizeof(To));
  const auto* from = static_cast<const From*>(source);
  auto* to = reinterpret_cast<To*>(converted.data());  // what `new` gives is aligned for all of them
  std::transform(from, from + count, to, [](From value) { return ConvertOne<To>(value); });
}

template <typename From>
void CopyAs(ElementType wanted, const void* source, std::size_t count, std::vector<std::uint8_t>& converted) {
  switch (wanted) {
    case ElementType::kFloat32:
      return Copy<From, float>(source, count, converted);
    case ElementType::kInt32:
      return Copy<From, std::int32_t>(source, count, converted);
    case ElementType::kUint8:
      return Copy<From, std::uint8_t>(source, count, converted);
  }
}

}  // namespace

bool IsType(ONNXTensorElementDataType type, ElementType wanted) {
  return (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && wanted == ElementType::kFloat32) ||
         (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 && wanted == ElementType::kInt32) ||
         (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 && wanted == ElementType::kUint8);
}

void ConvertElements(const Ort::Value& value, ElementType wanted, std::vector<std::uint8_t>& converted) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::size_t count = info.GetElementCount();
  const void* source = value.GetTensorRawData();
  switch (info.GetElementType()) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return CopyAs<float>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return CopyAs<Half>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return CopyAs<double>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return CopyAs<std::int64_t>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return CopyAs<std::int32_t>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return CopyAs<std::int8_t>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return CopyAs<std::uint8_t>(wanted, source, count, converted);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
      return CopyAs<bool>(wanted, source, count, converted);
    default:
      throw std::runtime_error(
          fmt::format("an output has the element type {} of ONNX", static_cast<int>(info.GetElementType())));
  }
}

}  // namespace doclayout::runtime
