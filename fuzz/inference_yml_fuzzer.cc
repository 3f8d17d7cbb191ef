// Any bytes as the settings beside a model, applied to a model of each kind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/family_defaults.h"
#include "model/inference_yml.h"

namespace {

using namespace doclayout::model;  // NOLINT: one function

/// Whatever the file says, the numbers that are computed with later are in their ranges.
void Check(const ModelCard& card) {
  if (card.defaults.threshold && !(*card.defaults.threshold >= 0 && *card.defaults.threshold <= 1)) std::abort();
  for (const auto& [name, threshold] : card.defaults.class_threshold) {
    if (name.empty() || !(threshold >= 0 && threshold <= 1)) std::abort();
  }
  for (const auto& [name, ratio] : card.defaults.class_unclip) {
    if (name.empty() || !(ratio.width > 0 && ratio.width <= 100)) std::abort();
  }
  for (const float deviation : card.input.deviation) {
    if (!(deviation > 0)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto yml = ParseInferenceYml({reinterpret_cast<const char*>(data), size});
  if (!yml) {
    if (yml.error().message.empty()) std::abort();
    return 0;
  }
  if (yml->width < 0 || yml->width > 4096 || yml->height < 0 || yml->height > 4096) std::abort();
  if (yml->labels.size() > 1000 || (yml->width == 0) != (yml->height == 0)) std::abort();
  for (const Family family : {Family::kPicoDet, Family::kPpDocLayout, Family::kPpDocLayoutV2, Family::kPpDocLayoutV3}) {
    const auto clues = CluesOf(*yml, std::nullopt);
    if (!clues) std::abort();  // nobody said another family
    ModelCard card;
    card.family = family;
    card.input.deviation = {1, 1, 1};
    card.labels = yml->labels.empty() ? KnownLabels(Family::kPpDocLayoutV3, 25) : yml->labels;
    card.defaults = FamilyParameters(family, card.labels);
    if (Apply(*yml, card)) Check(card);
  }
  return 0;
}
