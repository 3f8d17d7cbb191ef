#include "postprocess/layout.h"

#include <string_view>
#include <utility>

#include "postprocess/reading_order.h"

namespace doclayout::postprocess {
namespace {

Band BandOf(std::string_view label) {
  if (label == "header") return Band::kHead;
  if (label == "footer") return Band::kFoot;
  return Band::kBody;
}

}  // namespace

void OrderByXyCut(std::vector<Region>& regions) {
  std::vector<OrderedBox> boxes;
  boxes.reserve(regions.size());
  for (const Region& region : regions) boxes.push_back({region.bbox, BandOf(region.label)});
  std::vector<Region> sorted;
  sorted.reserve(regions.size());
  for (std::size_t index : XyCutOrder(boxes)) {
    sorted.push_back(std::move(regions[index]));
    sorted.back().order = static_cast<int>(sorted.size());
  }
  regions = std::move(sorted);
}

Result<void> FillRegions(std::span<const TensorView> outputs, const model::ModelCard& card,
                         const AnalyzeParameters& parameters, PageLayout& layout) {
  if (!std::holds_alternative<model::PicoDetOutputs>(card.outputs)) {
    return Fail(ErrorCode::kInternal, "the model's family has no post-processing");
  }
  Result<std::vector<Region>> regions =
      DecodePicoDet(outputs, card, parameters, {.width = layout.width, .height = layout.height});
  if (!regions) return Fail(std::move(regions.error()));
  layout.regions = std::move(*regions);
  OrderByXyCut(layout.regions);
  layout.order_source = OrderSource::kXyCut;
  return {};
}

}  // namespace doclayout::postprocess
