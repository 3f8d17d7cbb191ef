#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "types/region.h"

namespace doclayout {

/// Who says in which order regions are read.
enum class OrderSource { kNone, kModel, kXyCut };

/// "none", "model" or "xy_cut", as in the answer of `/analyze`.
std::string_view OrderSourceName(OrderSource source);

/// What was found on one page.
struct PageLayout {
  int index = 0;     ///< 0-based place of the page in its document
  int width = 0;     ///< pixels of the upright page
  int height = 0;    ///< pixels of the upright page
  int rotation = 0;  ///< as in `Page`
  std::optional<double> dpi;
  OrderSource order_source = OrderSource::kNone;
  std::vector<Region> regions;  ///< in reading order where there is one
};

/// Milliseconds that each stage took; of a document with several pages, their sums.
struct StageTimings {
  double decode = 0;
  double queue = 0;
  double preprocess = 0;
  double inference = 0;
  double postprocess = 0;
  double total = 0;
};

}  // namespace doclayout
