#include "model/recognise.h"

#include <fmt/format.h>

#include <utility>

#include "model/family_defaults.h"
#include "model/recognise_parts.h"

namespace doclayout::model {

Result<ModelCard> Recognise(const OnnxHeader& header, const Clues& clues) {
  for (const auto recognise : {TryPicoDet, TryDetections, TryQueries}) {
    Recognition card = recognise(header, clues);
    if (!card) continue;
    if (*card) (*card)->defaults = FamilyParameters((*card)->family, (*card)->labels);
    return std::move(*card);
  }
  return Fail(
      ErrorCode::kBadModel,
      fmt::format(
          "the model is of no supported family: found inputs ({}) and outputs ({}). Supported, with float32 or "
          "float16, a batch of 1 or an open one, and in any order: picodet, pixels [N,3,H,W] -> 4 class maps "
          "[N,n,C] and 4 distance maps [N,n,4*bins] with strides 8, 16, 32, 64; pp-doclayout, pp-doclayoutv2 and "
          "pp-doclayoutv3 of Paddle, pixels, scale_factor [N,2] and mostly im_shape [N,2] -> detections [n,6], "
          "[n,8] and [n,7], mostly their count [N] and, for the last, masks [n,h,w]; pp-doclayoutv3 of "
          "transformers, pixels -> logits [N,q,C], pred_boxes [N,q,4], order_logits [N,q,q] and out_masks "
          "[N,q,h,w]",
          Describe(header.inputs), Describe(header.outputs)));
}

}  // namespace doclayout::model
