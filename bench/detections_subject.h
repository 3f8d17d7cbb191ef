#pragma once

#include <cstdint>
#include <vector>

#include "model/model_card.h"
#include "types/page_layout.h"
#include "types/tensor.h"

namespace doclayout::bench {

/// What a PP-DocLayoutV3 says about a full page: 300 rows of which 60 are left, in three columns, each with a slanted
/// mask and four worse rows on it.
class DetectionsSubject {
 public:
  DetectionsSubject();

  const model::ModelCard& card() const { return card_; }
  const std::vector<TensorView>& outputs() const { return outputs_; }
  PageLayout EmptyLayout() const { return {.width = 1654, .height = 2339}; }

 private:
  void DrawMask(std::size_t row, float x1, float y1, float x2, float y2);

  model::ModelCard card_;
  std::vector<float> rows_;
  std::vector<std::int32_t> masks_;
  std::vector<TensorView> outputs_;
};

}  // namespace doclayout::bench
