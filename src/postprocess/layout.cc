#include "postprocess/layout.h"

#include <fmt/format.h>

#include <cstddef>
#include <opencv2/core.hpp>
#include <string_view>
#include <utility>

#include "postprocess/detection_options.h"
#include "postprocess/detections.h"
#include "postprocess/paddle_rows.h"
#include "postprocess/picodet.h"
#include "postprocess/query_rows.h"
#include "postprocess/reading_order.h"
#include "postprocess/row_reading.h"

namespace doclayout::postprocess {
namespace {

Band BandOf(std::string_view label) {
  if (label == "header") return Band::kHead;
  if (label == "footer") return Band::kFoot;
  return Band::kBody;
}

/// What a page's regions are made of.
struct Outputs {
  std::span<const TensorView> tensors;
  const model::ModelCard& card;
  const AnalyzeParameters& parameters;
  const DetectionOptions& options;
  BatchPlace place;
};

/// One page's part of outputs whose first axis is the batch.
Result<std::vector<TensorView>> SelectPage(std::span<const TensorView> tensors, BatchPlace place) {
  if (auto exists = CheckPlace(place); !exists) return Fail(std::move(exists.error()));
  const auto pages = static_cast<std::size_t>(place.size);
  std::vector<TensorView> parts(tensors.begin(), tensors.end());
  for (TensorView& part : parts) {
    if (part.shape.empty() || part.shape[0] != pages) {
      return Fail(ErrorCode::kInternal, fmt::format("the output '{}' is not for {} pages", part.name, pages));
    }
    part.shape[0] = 1;
    const std::size_t bytes = ElementCount(part.shape) * ElementSize(part.type);
    part.data = static_cast<const std::byte*>(part.data) + static_cast<std::size_t>(place.index) * bytes;
  }
  return parts;
}

Result<std::vector<Region>> ReadPicoDet(const Outputs& outputs, PageSize page) {
  const auto tensors = SelectPage(outputs.tensors, outputs.place);
  if (!tensors) return Fail(tensors.error());
  return DecodePicoDet(*tensors, outputs.card, outputs.parameters, page);
}

Result<void> Fill(const Outputs& outputs, PageLayout& layout) {
  const PageSize page{.width = layout.width, .height = layout.height};
  const auto& [tensors, card, parameters, options, place] = outputs;
  layout.order_source = OrderSource::kXyCut;
  if (std::holds_alternative<model::PicoDetOutputs>(card.outputs)) {
    auto regions = ReadPicoDet(outputs, page);
    if (!regions) return Fail(std::move(regions.error()));
    layout.regions = std::move(*regions);
  } else {
    const bool queries = std::holds_alternative<model::QueryOutputs>(card.outputs);
    auto detections = queries ? ReadQueryRows(tensors, card, options, page, place)
                              : ReadPaddleRows(tensors, card, options, page, place);
    if (!detections) return Fail(std::move(detections.error()));
    if (detections->ordered) layout.order_source = OrderSource::kModel;
    layout.regions = MakeRegions(std::move(*detections), card.labels, options, page);
  }
  if (layout.order_source == OrderSource::kXyCut) OrderByXyCut(layout.regions);
  NumberRegions(layout.regions, options);
  return {};
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
                         const AnalyzeParameters& parameters, PageLayout& layout, BatchPlace place) {
  if (layout.width < 1 || layout.height < 1) return Fail(ErrorCode::kInternal, "the page has no size");
  const auto options = ResolveOptions(card, parameters);
  if (!options) return Fail(options.error());
  try {
    return Fill(Outputs{outputs, card, parameters, *options, place}, layout);
  } catch (const cv::Exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("OpenCV: {}", error.what()));
  }
}

}  // namespace doclayout::postprocess
