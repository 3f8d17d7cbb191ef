#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>
#include <vector>

namespace doclayout::postprocess {

/// A part of a mask: one byte a cell, 0 or 1, row by row.
struct MaskCrop {
  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> cells;

  bool empty() const;  ///< whether no cell is set
};

/// The contour that encloses most of what a mask says about a box of `width` x `height` pixels, simplified by 0.4 % of
/// its length; empty when there is none. Points are pixels from the box's top left corner.
///
/// It is the one that OpenCV finds (findContours: RETR_EXTERNAL, CHAIN_APPROX_SIMPLE; approxPolyDP) on the mask
/// enlarged to the box with INTER_NEAREST, but the enlarged mask is never made: of each cell two pixels a side are
/// enough, since contours turn at cells' corners only. A mask of 200x200 takes at most 160 kB however large the box is.
///
/// Thread-safe. Throws what OpenCV throws.
std::vector<cv::Point> TraceMask(const MaskCrop& crop, int width, int height);

}  // namespace doclayout::postprocess
