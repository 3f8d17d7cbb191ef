#include "runtime/precision.h"

#include <fmt/format.h>

#include <utility>

namespace doclayout::runtime {
namespace {

constexpr std::pair<Precision, std::string_view> kPrecisions[] = {
    {Precision::kFloat32, "f32"}, {Precision::kBfloat16, "bf16"}, {Precision::kAuto, "auto"}};

}  // namespace

Result<Precision> ParsePrecision(std::string_view name) {
  for (const auto& [precision, known] : kPrecisions) {
    if (known == name) return precision;
  }
  return Fail(ErrorCode::kBadParameter, fmt::format("precision '{}' is not one of f32, bf16, auto", name));
}

std::string_view PrecisionName(Precision precision) {
  for (const auto& [value, name] : kPrecisions) {
    if (value == precision) return name;
  }
  return "unknown";
}

}  // namespace doclayout::runtime
