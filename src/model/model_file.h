#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.h"
#include "model/model_card.h"

namespace doclayout::model {

/// A model's bytes and what is known of it. Immutable: share it as `shared_ptr<const ModelFile>` or keep it alive while
/// a runtime loads from `bytes()`; it may be dropped after.
class ModelFile {
 public:
  /// The model that the program carries: PP-PicoDet trained on CDLA. Aborts if the program was built wrongly.
  static ModelFile Embedded();

  /// Reads a file whole. `kBadModel` for one that is missing, unreadable, truncated, not ONNX or of an unknown family.
  static Result<ModelFile> Load(const std::filesystem::path& path);

  const ModelCard& card() const { return card_; }
  std::span<const std::uint8_t> bytes() const { return bytes_; }

  /// Of the file that `bytes()` are the content of; empty for the embedded model.
  const std::filesystem::path& path() const { return path_; }

 private:
  ModelFile() = default;
  static Result<ModelFile> Make(std::shared_ptr<const void> owner, std::span<const std::uint8_t> bytes,
                                std::string name);

  ModelCard card_;
  std::filesystem::path path_;
  std::shared_ptr<const void> owner_;  ///< of the mapped file; none for the embedded model
  std::span<const std::uint8_t> bytes_;
};

}  // namespace doclayout::model
