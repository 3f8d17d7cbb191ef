#pragma once

#include <openvino/runtime/compiled_model.hpp>
#include <openvino/runtime/core.hpp>
#include <optional>
#include <string>

#include "runtime/blob_cache.h"

namespace doclayout::runtime {

/// Compiled models on disk: reading, reshaping and compiling a graph costs more than reading what came of it.
///
/// A key is what the compiled model depends on; the version of OpenVINO, the processor and the settings are added here.
/// No file and a file that is not usable are the same but for what `note` says. Not thread-safe.
class CompiledModels {
 public:
  /// Without a folder nothing is found and nothing kept. Borrows `core`.
  CompiledModels(ov::Core& core, const std::string& folder, const std::string& key, const ov::AnyMap& settings);

  /// nullopt when the model has to be compiled.
  std::optional<ov::CompiledModel> Load();

  void Keep(ov::CompiledModel& compiled);

  /// Why something was not used or not kept, in a sentence; empty when all went well.
  const std::string& note() const { return note_; }

 private:
  ov::Core& core_;
  const ov::AnyMap settings_;
  const std::optional<BlobCache> cache_;
  const std::string key_;
  std::string note_;
};

}  // namespace doclayout::runtime
