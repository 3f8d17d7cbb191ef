#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/mapped_file.h"
#include "model/model_card.h"
#include "model/model_location.h"
#include "model/onnx_header.h"

namespace doclayout::model {

/// A model's bytes and what is known of it. Immutable: share it as `shared_ptr<const ModelFile>` or keep it alive while
/// a runtime loads from `bytes()`; it may be dropped after.
class ModelFile {
 public:
  /// The model that the program carries: PP-PicoDet trained on CDLA. Aborts if the program was built wrongly.
  static ModelFile Embedded();

  /// Loads what `spec` names: a file, a folder with one `*.onnx` and perhaps the official `inference.yml`, or a name of
  /// the catalogue (model_location.h). `family` says what a graph cannot. Reads every byte once, for the digest: blocks
  /// for some 0.1 s for 130 MB that are in memory.
  ///
  /// `kBadModel`, with the file's name, for one that is missing, unreadable, truncated, not ONNX, of an unknown family,
  /// without its files of weights, contradicted by its `inference.yml` or, by name, not what the catalogue says.
  static Result<ModelFile> Load(const std::string& spec, std::optional<Family> family = std::nullopt);

  const ModelCard& card() const { return card_; }
  const OnnxHeader& header() const { return header_; }

  /// Of the graph's file.
  std::span<const std::uint8_t> bytes() const { return bytes_; }

  /// Of the file that `bytes()` are the content of; empty for the embedded model.
  const std::filesystem::path& path() const { return path_; }

  /// Files beside it that hold weights, in order of their names; empty for most models. A runtime finds them when it
  /// loads from `path()`, and cannot from `bytes()`.
  const std::vector<std::filesystem::path>& external_files() const { return external_files_; }

 private:
  ModelFile() = default;

  /// Digest, name and card, once bytes and external files are there.
  Result<void> Describe(const ModelLocation& location, std::optional<Family> family);
  Result<void> ReadDigest();

  ModelCard card_;
  OnnxHeader header_;
  std::filesystem::path path_;
  std::vector<std::filesystem::path> external_files_;
  std::optional<MappedFile> mapping_;  ///< of `path_`
  std::span<const std::uint8_t> bytes_;
};

}  // namespace doclayout::model
