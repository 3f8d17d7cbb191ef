#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "postprocess/detected_row.h"
#include "postprocess/detection_options.h"
#include "types/page_size.h"

namespace doclayout::postprocess {

/// The steps between the model's rows and the outlines of regions, as paddlex 3.7.2 does them
/// (inference/models/layout_analysis/processors.py, object_detection/processors.py), in single precision as there:
/// numpy keeps float32 when one side is a Python number (NEP 50). Equal scores and orders keep the rows' order.
///
/// All are thread-safe and take O(n²) for n rows, at most `kMaxRows` where rows.h reads them.

/// Keeps the best `limit` rows, in their order.
void KeepBest(std::vector<DetectedRow>& rows, std::size_t limit);

/// Drops rows that a better one overlaps: by IoU 0.6 when both are of one class, else by 0.98. Those that stay come
/// best first.
void SuppressOverlaps(std::vector<DetectedRow>& rows);

/// Drops rows of the label "image" that cover nearly all of the page (82 % of a wide one, 93 % of a tall one): scans
/// are taken for one picture. Keeps all when nothing else would be left.
void DropPageSizedImages(std::vector<DetectedRow>& rows, const std::vector<std::string>& labels, PageSize page);

/// Drops rows by what contains what (nine tenths of the area inside): the inner ones (`kLarge`), or the outer ones that
/// no other contains (`kSmall`). A "formula" never counts as inside of anything else.
void DropContained(std::vector<DetectedRow>& rows, const std::vector<std::string>& labels,
                   const DetectionOptions& options);

/// Sorts by `order`, then `priority`; what is not a number comes last.
void SortByOrder(std::vector<DetectedRow>& rows);

}  // namespace doclayout::postprocess
