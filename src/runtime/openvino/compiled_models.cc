#include "runtime/openvino/compiled_models.h"

#include <fmt/format.h>

#include <exception>
#include <fstream>
#include <memory>
#include <openvino/core/version.hpp>
#include <openvino/runtime/properties.hpp>
#include <sstream>
#include <utility>

namespace doclayout::runtime {
namespace {

constexpr const char* kDevice = "CPU";

/// Raised when the same graph is prepared in another way: old files are then not found.
constexpr int kPreparation = 1;

/// The instructions that the processor has, which decide what is compiled. Machines of a cluster differ, and may share
/// a folder.
std::string ProcessorFeatures() {
  std::ifstream file("/proc/cpuinfo");
  std::string features;
  for (std::string line; std::getline(file, line) && !line.empty();) {
    if (line.starts_with("model name") || line.starts_with("flags")) features += line + '\n';
  }
  return features;
}

std::string FullKey(const std::string& key, const ov::AnyMap& settings) {
  std::ostringstream text;
  text << "preparation " << kPreparation << '\n' << ov::get_openvino_version().buildNumber << '\n' << key << '\n';
  for (const auto& [name, value] : settings) text << name << ' ' << value.as<std::string>() << '\n';
  text << ProcessorFeatures();
  return text.str();
}

}  // namespace

CompiledModels::CompiledModels(ov::Core& core, const std::string& folder, const std::string& key,
                               const ov::AnyMap& settings)
    : core_(core),
      settings_(settings),
      cache_(folder.empty() ? std::nullopt : std::optional<BlobCache>(folder)),
      key_(FullKey(key, settings)) {}

std::optional<ov::CompiledModel> CompiledModels::Load() {
  if (!cache_) return std::nullopt;
  const Result<Blob> blob = cache_->Find(key_);
  if (!blob) {
    if (blob.error().code != ErrorCode::kNotFound) note_ = "compiled model: " + blob.error().message;
    return std::nullopt;
  }
  try {
    // OpenVINO leaves weights that it takes as they are in the mapping.
    const ov::Tensor view(ov::element::u8, {blob->bytes.size()}, static_cast<const void*>(blob->bytes.data()));
    const ov::Tensor tensor(view, std::const_pointer_cast<void>(blob->owner));
    return core_.import_model(tensor, kDevice, settings_);
  } catch (const std::exception& error) {
    note_ = fmt::format("compiled model: it cannot be read back: {}", error.what());
    return std::nullopt;
  }
}

void CompiledModels::Keep(ov::CompiledModel& compiled) {
  if (!cache_) return;
  const auto kept = cache_->Store(key_, [&](std::ostream& stream) { compiled.export_model(stream); });
  if (!kept) note_ += fmt::format("{}compiled model not kept: {}", note_.empty() ? "" : "; ", kept.error().message);
}

}  // namespace doclayout::runtime
