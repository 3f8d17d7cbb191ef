#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "types/image.h"
#include "types/page_layout.h"

namespace doclayout::render {

/// What an answer says besides the pages.
struct DocumentInfo {
  std::string_view file;          ///< as the caller named it; empty for a single one: the field is then left out
  std::string_view request_id;    ///< empty on the command line: the field is then left out
  std::string_view model_name;    ///< "picodet-cdla"
  std::string_view model_sha256;  ///< of the model's file, hexadecimal
  std::string_view model_family;  ///< "picodet"
};

/// The answer of `/analyze` as JSON (docs/api.md has the schema): coordinates in pixels with one decimal, scores with
/// four. `pretty` breaks lines for people. Thread-safe, never fails; labels that are not UTF-8 are replaced.
std::string ToJson(const DocumentInfo& info, const std::vector<PageLayout>& pages, const StageTimings& timings,
                   bool pretty);

/// The page with every region drawn on it (outline, label, score, place in the reading order), as a PNG.
///
/// Thread-safe. `image` must be the page that `layout` was made from. Takes tens of milliseconds: not for an I/O
/// thread. `kInternal` when the encoder fails.
Result<std::vector<std::uint8_t>> ToAnnotatedPng(const Image& image, const PageLayout& layout);

}  // namespace doclayout::render
