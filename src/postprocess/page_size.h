#pragma once

namespace doclayout::postprocess {

/// Size of the page that the regions are for, in pixels.
struct PageSize {
  int width = 0;
  int height = 0;
};

}  // namespace doclayout::postprocess
