#pragma once

#include <cstddef>

#include "types/region.h"

namespace doclayout::postprocess {

/// One detection on its way from the model's outputs to a region. A plain value.
struct DetectedRow {
  int label = 0;          ///< the label's number
  float score = 0;        ///< 0..1
  Box box;                ///< pixels of the page; may lie outside of it and be empty or inside out
  float order = 0;        ///< what is read first has the lowest
  float priority = 0;     ///< of rows with the same order the one with the highest comes first
  std::size_t index = 0;  ///< of the row or query in the model's outputs: where its mask is
};

/// More than this many rows of a page are not looked at: the best-scoring stay. The networks give 300; the bound keeps
/// what compares all with all (O(n²), some of it on polygons) short, whatever the tensors hold.
constexpr std::size_t kMaxRows = 500;

}  // namespace doclayout::postprocess
