#pragma once

namespace doclayout::postprocess {

/// Which page of an inference of several is meant.
struct BatchPlace {
  int index = 0;  ///< from 0
  int size = 1;   ///< pages of the inference
};

}  // namespace doclayout::postprocess
