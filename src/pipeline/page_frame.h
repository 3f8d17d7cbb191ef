#pragma once

#include "model/model_card.h"
#include "types/page.h"
#include "types/page_layout.h"

namespace doclayout::pipeline {

/// The model's input over the page. A plain value.
struct PageScale {
  float y = 1;  ///< of the heights
  float x = 1;  ///< of the widths
};

inline PageScale ScaleOf(const Page& page, const model::InputContract& input) {
  return {.y = static_cast<float>(input.height) / static_cast<float>(page.image.height()),
          .x = static_cast<float>(input.width) / static_cast<float>(page.image.width())};
}

/// What the answer says of the page, still without regions.
inline PageLayout FrameOf(const Page& page) {
  return {.index = page.index,
          .width = page.image.width(),
          .height = page.image.height(),
          .rotation = page.rotation,
          .dpi = page.dpi};
}

}  // namespace doclayout::pipeline
