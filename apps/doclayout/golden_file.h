#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "health/deep_health.h"
#include "model/model_card.h"
#include "types/region.h"

// A golden page: a page, and what a model found on it when all was well. What deep health compares with.
//
// In a file it is JSON: {"format": 1, "model": {"name", "sha256", "settings_sha256"}, "page": {"sha256", "data"},
// "regions": [{"label", "score", "bbox"}]}. The page's data is base64 of an image file; without it the page is the one
// that the program carries. It belongs to one model only, whose digests it names.

namespace doclayout {

/// The page that the program carries: a PNG.
std::span<const std::uint8_t> BuiltInGoldenPage();

/// The file's text. `page` empty: the built-in one.
std::string WriteGolden(const model::ModelCard& card, std::span<const std::uint8_t> page,
                        const std::vector<Region>& regions);

/// Reads a golden file of this model. `kBadParameter` for one that is none, or of another model, saying what is wrong.
/// Thread-safe; blocks for the decoding of its page.
Result<health::GoldenPage> ReadGolden(std::string_view text, const model::ModelCard& card);

/// Where a model's golden file is looked for: beside its graph, "model.onnx" -> "model.golden.json". Empty for the
/// embedded model, whose golden page is in the program.
std::filesystem::path GoldenPathOf(const std::filesystem::path& graph);

/// What `LoadGolden` found.
struct FoundGolden {
  health::GoldenPage page;
  std::string note;  ///< why there are no recorded regions, for the log; empty where there are
};

/// What is done with a golden file that was named and is not of this model.
enum class NamedGolden { kMustFit, kMayBeOfAnother };

/// The golden page of a model: of `file` if it is named, else of the file beside `graph`, else of the program. Where
/// nothing is recorded for this model there is the built-in page without regions, and a note that says why. Blocks;
/// thread-safe. `kBadParameter` for a `file` that was named and must fit, and cannot be used.
Result<FoundGolden> LoadGolden(const model::ModelCard& card, const std::filesystem::path& graph,
                               const std::string& file, NamedGolden named = NamedGolden::kMustFit);

}  // namespace doclayout
