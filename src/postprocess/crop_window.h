#pragma once

#include <cstddef>

#include "postprocess/mask_contour.h"
#include "types/region.h"

namespace doclayout::postprocess {

/// A box in whole pixels.
struct PixelBox {
  int x1 = 0;
  int y1 = 0;
  int x2 = 0;
  int y2 = 0;

  int width() const { return x2 - x1; }
  int height() const { return y2 - y1; }

  /// Towards zero; the box must be one that `IsUsable` takes.
  static PixelBox Truncate(const Box& box) {
    return {static_cast<int>(box.x1), static_cast<int>(box.y1), static_cast<int>(box.x2), static_cast<int>(box.y2)};
  }
};

/// Part of one axis of a mask: cells from `first` to before `end`.
struct CellRange {
  int first = 0;
  int end = 0;

  /// Rounds half to even, as Python does, and stays within the mask's `cells`.
  static CellRange Around(double first, double end, std::size_t cells);
};

/// Cuts a part out of a mask; `is_set(cell)` tells of the cell with that number, counted row by row.
template <typename IsSet>
MaskCrop CutMask(CellRange columns, CellRange rows, std::size_t mask_width, IsSet is_set) {
  MaskCrop crop;
  if (columns.end <= columns.first || rows.end <= rows.first) return crop;
  crop.columns = columns.end - columns.first;
  crop.rows = rows.end - rows.first;
  crop.cells.reserve(static_cast<std::size_t>(crop.columns) * static_cast<std::size_t>(crop.rows));
  for (int row = rows.first; row < rows.end; ++row) {
    const std::size_t start = static_cast<std::size_t>(row) * mask_width + static_cast<std::size_t>(columns.first);
    for (std::size_t cell = start; cell < start + static_cast<std::size_t>(crop.columns); ++cell) {
      crop.cells.push_back(is_set(cell) ? 1 : 0);
    }
  }
  return crop;
}

}  // namespace doclayout::postprocess
