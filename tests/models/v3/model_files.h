#pragma once

#include <filesystem>

#include "base/result.h"

namespace doclayout::v3 {

/// PP-DocLayoutV3's network with seeded weights, in its two contracts. For loading, shapes, speed, memory and agreement
/// between runtimes: it finds nothing on a page.
struct ModelFiles {
  std::filesystem::path official;      ///< im_shape, image, scale_factor -> det, count, masks
  std::filesystem::path transformers;  ///< pixel_values -> logits, pred_boxes, order_logits, out_masks
};

/// Writes both graphs and their weights (132 MB, checked by digest) to `folder`, which is made if need be, and says
/// where. Files that are there and right stay as they are.
///
/// Takes half a second. Several processes may do so at once: each file appears whole. `kInternal` for a folder that
/// cannot be written, `kBadModel` when what was made has another digest than it must.
Result<ModelFiles> WriteModelFiles(const std::filesystem::path& folder);

}  // namespace doclayout::v3
