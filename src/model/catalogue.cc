#include "model/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

namespace doclayout::model {
namespace {

/// The addresses and digests are those of rapid-layout 1.2.1 (configs/default_models.yaml).
constexpr std::string_view kRapidLayout = "https://www.modelscope.cn/models/RapidAI/RapidLayout/resolve/v1.2.0";
/// The official export, at the commit that the digest is of.
constexpr std::string_view kOfficialV3 =
    "https://huggingface.co/PaddlePaddle/PP-DocLayoutV3_onnx/resolve/46bbdf188bb0a772c08aed74882ce7e51a8f1ea6";

constexpr std::array kCatalogue{
    CatalogueEntry{"picodet-cdla", Family::kPicoDet, "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c",
                   7'423'528, kRapidLayout, "onnx/pp_layout/layout_cdla.onnx", true},
    CatalogueEntry{"picodet-publaynet", Family::kPicoDet,
                   "958aa6dcef1cc1a542d0a513b5976a3d5edbcc37d76460ec1e9f126358e4d100", 0, kRapidLayout,
                   "onnx/pp_layout/layout_publaynet.onnx", false},
    CatalogueEntry{"picodet-table", Family::kPicoDet,
                   "5b07ba6df1d1889bed2877c9d7501235c6fb6e2212aca8f2f56f4b1b8d0e37b5", 0, kRapidLayout,
                   "onnx/pp_layout/layout_table.onnx", false},
    CatalogueEntry{"pp-doclayoutv2", Family::kPpDocLayoutV2,
                   "0bd2ea0997fe0789f0300292291f8bbf897d890b44a9a3bd5be72afd6198aa90", 0, kRapidLayout,
                   "onnx/pp_doc_layout/pp_doc_layoutv2.onnx", false},
    CatalogueEntry{"pp-doclayoutv3", Family::kPpDocLayoutV3,
                   "250dbad1dfb9e4983fab75e1bf5085cd56ec3f41d5c7d0f8623ec74856e7aa67", 0, kRapidLayout,
                   "onnx/pp_doc_layout/pp_doc_layoutv3.onnx", false},
    CatalogueEntry{"pp-doclayoutv3-official", Family::kPpDocLayoutV3,
                   "45bf71750b00739a41fc209f132eb104a4d6b5bb29483c9078164d8b87cf28ba", 130'502'049, kOfficialV3,
                   "inference.onnx", false},
};

}  // namespace

std::span<const CatalogueEntry> Catalogue() {
  return kCatalogue;
}

const CatalogueEntry* FindByName(std::string_view name) {
  const auto* entry = std::ranges::find(kCatalogue, name, &CatalogueEntry::name);
  return entry == kCatalogue.end() ? nullptr : entry;
}

const CatalogueEntry* FindByDigest(std::string_view sha256) {
  const auto* entry = std::ranges::find(kCatalogue, sha256, &CatalogueEntry::sha256);
  return entry == kCatalogue.end() ? nullptr : entry;
}

std::string CatalogueNames() {
  std::string names;
  for (const CatalogueEntry& entry : kCatalogue) names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.name);
  return names;
}

std::optional<std::filesystem::path> UserDataFolder() {
  const auto absolute = [](const char* variable) -> std::optional<std::filesystem::path> {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value != '/') return std::nullopt;
    return value;
  };
  if (const auto data = absolute("XDG_DATA_HOME")) return *data / "doclayout";
  if (const auto home = absolute("HOME")) return *home / ".local/share/doclayout";
  return std::nullopt;
}

Result<std::filesystem::path> ModelsFolder() {
  if (const auto data = UserDataFolder()) return *data / "models";
  return Fail(ErrorCode::kBadParameter,
              "the folder of models is not known: neither XDG_DATA_HOME nor HOME is set to an absolute path");
}

std::filesystem::path PulledFile(const std::filesystem::path& models_folder, const CatalogueEntry& entry) {
  return models_folder / fmt::format("{}.onnx", entry.name);
}

std::string UrlOf(const CatalogueEntry& entry, std::string_view mirror) {
  std::string_view base = mirror.empty() ? entry.base : mirror;
  while (base.ends_with('/')) base.remove_suffix(1);
  return fmt::format("{}/{}", base, entry.path);
}

}  // namespace doclayout::model
