#include "health/gpu/visible_devices.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <vector>

namespace doclayout::health {
namespace {

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Nullopt for what ends the list.
std::optional<NvmlDeviceName> ParseEntry(std::string_view entry) {
  if (entry.starts_with("GPU-") || entry.starts_with("MIG-")) return std::string(entry);
  unsigned index = 0;
  const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), index);
  if (error != std::errc() || end != entry.data() + entry.size()) return std::nullopt;
  return index;
}

}  // namespace

Result<NvmlDeviceName> VisibleDevice(const std::optional<std::string>& cuda_visible_devices, int index) {
  if (index < 0) return Fail(ErrorCode::kNotFound, fmt::format("there is no GPU {}", index));
  if (!cuda_visible_devices) return NvmlDeviceName(static_cast<unsigned>(index));
  std::vector<NvmlDeviceName> visible;
  std::string_view rest = *cuda_visible_devices;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    std::optional<NvmlDeviceName> entry = ParseEntry(Trimmed(rest.substr(0, comma)));
    if (!entry) break;
    visible.push_back(std::move(*entry));
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  if (static_cast<std::size_t>(index) >= visible.size()) {
    return Fail(ErrorCode::kNotFound, fmt::format("CUDA_VISIBLE_DEVICES='{}' shows {} GPUs, so there is no GPU {}",
                                                  *cuda_visible_devices, visible.size(), index));
  }
  return visible[static_cast<std::size_t>(index)];
}

}  // namespace doclayout::health
