#include "model/model_file.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/sha256.h"
#include "model/external_data.h"
#include "model/inference_yml.h"
#include "model/recognise.h"

// embedded_model.S
extern "C" const std::uint8_t doclayout_embedded_model_begin[];
extern "C" const std::uint8_t doclayout_embedded_model_end[];

namespace doclayout::model {

/// Of the graph's bytes and then of each file of weights, in order of their names: what changes an answer changes it.
Result<void> ModelFile::ReadDigest() {
  Sha256Stream digest;
  digest.Update(bytes_);
  for (const std::filesystem::path& path : external_files_) {
    const Result<MappedFile> file = MappedFile::Open(path, "file of weights");
    if (!file) return Fail(file.error());
    digest.Update(file->bytes());
  }
  card_.sha256 = digest.Digest();
  return {};
}

Result<void> ModelFile::Describe(const ModelLocation& location, std::optional<Family> family) {
  if (auto good = ReadDigest(); !good) return good;
  const std::string sha256 = card_.sha256;
  if (location.entry != nullptr && sha256 != location.entry->sha256) {
    return Fail(
        ErrorCode::kBadModel,
        fmt::format("its SHA-256 is {}, not the catalogue's {}: remove the file and get it again with `doclayout "
                    "model pull {}`",
                    sha256, location.entry->sha256, location.entry->name));
  }
  InferenceYml yml;
  if (!location.settings.empty()) {
    Result<InferenceYml> read = ReadInferenceYml(location.settings);
    if (!read) return Fail(std::move(read.error()));
    yml = std::move(*read);
  }
  Result<Clues> clues = CluesOf(yml, family);
  if (!clues) return Fail(std::move(clues.error()));
  const CatalogueEntry* known = FindByDigest(sha256);
  if (known != nullptr && !clues->family) {
    clues->family = known->family;
    clues->family_source = "the catalogue";
  }
  Result<ModelCard> card = Recognise(header_, *clues);
  if (!card) return Fail(std::move(card.error()));
  if (auto good = Apply(yml, *card); !good) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("settings file '{}': {}", location.settings.string(), good.error().message));
  }
  card_ = std::move(*card);
  card_.sha256 = sha256;
  card_.settings_sha256 = yml.sha256;
  card_.name = path_.stem().string();
  if (!yml.model_name.empty()) card_.name = yml.model_name;
  if (known != nullptr) card_.name = known->name;
  return {};
}

ModelFile ModelFile::Embedded() {
  ModelFile file;
  // NOLINTNEXTLINE(clang-analyzer-security.PointerSub): the assembler's names for the ends of one array.
  const auto size = static_cast<std::size_t>(doclayout_embedded_model_end - doclayout_embedded_model_begin);
  file.bytes_ = {doclayout_embedded_model_begin, size};
  Result<OnnxHeader> header = ReadOnnxHeader(file.bytes_);
  if (!header) std::abort();
  file.header_ = std::move(*header);
  if (!file.Describe({}, std::nullopt)) std::abort();
  return file;
}

Result<ModelFile> ModelFile::Load(const std::string& spec, std::optional<Family> family) {
  Result<ModelLocation> location = Locate(spec);
  if (!location) return Fail(std::move(location.error()));
  if (location->graph.empty()) {
    ModelFile embedded = Embedded();
    if (!family || *family == embedded.card().family) return embedded;
    return Fail(ErrorCode::kBadModel, fmt::format("--family says {}, but model '{}' is of {}", FamilyName(*family),
                                                  spec, FamilyName(embedded.card().family)));
  }
  Result<MappedFile> mapping = MappedFile::Open(location->graph, "model file");
  if (!mapping) return Fail(std::move(mapping.error()));
  const auto named = [&](const Error& error) {
    return Fail(ErrorCode::kBadModel, fmt::format("model file '{}': {}", location->graph.string(), error.message));
  };
  ModelFile file;
  file.path_ = location->graph;
  file.bytes_ = mapping->bytes();
  file.mapping_ = std::move(*mapping);
  Result<OnnxHeader> header = ReadOnnxHeader(file.bytes_);
  if (!header) return named(header.error());
  file.header_ = std::move(*header);
  auto external = FindExternalFiles(file.header_, file.path_.parent_path());
  if (!external) return named(external.error());
  file.external_files_ = std::move(*external);
  if (auto good = file.Describe(*location, family); !good) return named(good.error());
  return file;
}

}  // namespace doclayout::model
