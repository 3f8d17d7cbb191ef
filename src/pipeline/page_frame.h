#pragma once

#include "model/model_card.h"
#include "types/page.h"
#include "types/page_layout.h"
#include "types/page_size.h"

namespace doclayout::pipeline {

/// The model's input over the page. A plain value.
struct PageScale {
  float y = 1;  ///< of the heights
  float x = 1;  ///< of the widths
};

inline PageScale ScaleOf(const Page& page, const model::InputContract& input) {
  const PageSize size = page.size();
  return {.y = static_cast<float>(input.height) / static_cast<float>(size.height),
          .x = static_cast<float>(input.width) / static_cast<float>(size.width)};
}

/// What the answer says of the page, still without regions.
inline PageLayout FrameOf(const Page& page) {
  const PageSize size = page.size();
  return {.index = page.index, .width = size.width, .height = size.height, .rotation = page.rotation, .dpi = page.dpi};
}

}  // namespace doclayout::pipeline
