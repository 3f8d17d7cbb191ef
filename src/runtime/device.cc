#include "runtime/device.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace doclayout::runtime {

Result<Device> ParseDevice(std::string_view name) {
  if (name == "auto") return Device{.kind = Device::Kind::kAuto};
  if (name == "cpu") return Device{.kind = Device::Kind::kCpu};
  if (name == "gpu") return Device{.kind = Device::Kind::kGpu};
  constexpr std::string_view kNumbered = "gpu:";
  if (name.starts_with(kNumbered)) {
    const std::string_view number = name.substr(kNumbered.size());
    unsigned short index = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (error == std::errc() && end == number.data() + number.size()) {
      return Device{.kind = Device::Kind::kGpu, .index = index};
    }
  }
  return Fail(ErrorCode::kBadParameter, fmt::format("device '{}' is not one of auto, cpu, gpu, gpu:N", name));
}

std::string DeviceName(const Device& device) {
  if (device.kind == Device::Kind::kGpu) return fmt::format("gpu:{}", device.index);
  return device.kind == Device::Kind::kCpu ? "cpu" : "auto";
}

}  // namespace doclayout::runtime
