#include "postprocess/query_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "postprocess/crop_window.h"
#include "postprocess/polygon_vertices.h"
#include "postprocess/row_filters.h"
#include "postprocess/row_reading.h"

namespace doclayout::postprocess {
namespace {

float Sigmoid(float logit) {
  return 1.0F / (1.0F + std::exp(-logit));
}

/// A probability is above `threshold` where its logit is above this.
float LogitOf(float threshold) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (threshold <= 0) return -kInfinity;
  if (threshold >= 1) return kInfinity;
  return static_cast<float>(std::log(static_cast<double>(threshold) / (1.0 - static_cast<double>(threshold))));
}

/// The outputs of one page: logits [queries, classes], boxes [queries, 4], order [queries, queries] and masks
/// [queries, height, width].
struct QueryPage {
  std::size_t queries = 0;
  std::size_t classes = 0;
  std::size_t mask_height = 0;
  std::size_t mask_width = 0;
  const float* logits = nullptr;
  const float* boxes = nullptr;
  const float* order = nullptr;
  const float* masks = nullptr;
};

/// Part `place.index` of an output of shape [batch, shape...].
Result<const float*> ViewPart(std::span<const TensorView> outputs, std::size_t index, std::string_view what,
                              const Shape& shape, BatchPlace place) {
  const auto found = FindOutput(outputs, index, shape.size() + 1, what);
  if (!found) return Fail(found.error());
  const TensorView& output = **found;
  const bool fits = std::equal(shape.begin(), shape.end(), output.shape.begin() + 1);
  if (output.type != ElementType::kFloat32) {
    return Fail(ErrorCode::kInternal, fmt::format("the model's {} are not of float32", what));
  }
  if (!fits || !std::cmp_equal(output.shape[0], place.size)) {
    return Fail(ErrorCode::kInternal, fmt::format("the model's {} are shaped [{}] and not [{},{}]", what,
                                                  fmt::join(output.shape, ","), place.size, fmt::join(shape, ",")));
  }
  return output.floats().data() + static_cast<std::size_t>(place.index) * ElementCount(shape);
}

Result<QueryPage> ViewPage(std::span<const TensorView> outputs, const model::ModelCard& card, BatchPlace place) {
  const auto& description = std::get<model::QueryOutputs>(card.outputs);
  if (auto exists = CheckPlace(place); !exists) return Fail(std::move(exists.error()));
  const auto found = FindOutput(outputs, description.logits, 3, "logits");
  if (!found) return Fail(found.error());
  const auto masks = FindOutput(outputs, description.masks, 4, "masks");
  if (!masks) return Fail(masks.error());
  if (auto size = CheckMaskSize((*masks)->shape[2], (*masks)->shape[3], card.input); !size) {
    return Fail(std::move(size.error()));
  }
  QueryPage page{.queries = (*found)->shape[1],
                 .classes = card.labels.size(),
                 .mask_height = (*masks)->shape[2],
                 .mask_width = (*masks)->shape[3]};

  const struct {
    std::size_t output;
    std::string_view name;
    Shape shape;
    const float** data;
  } parts[] = {{description.logits, "logits", {page.queries, page.classes}, &page.logits},
               {description.boxes, "boxes", {page.queries, 4}, &page.boxes},
               {description.order, "order logits", {page.queries, page.queries}, &page.order},
               {description.masks, "masks", {page.queries, page.mask_height, page.mask_width}, &page.masks}};
  for (const auto& [output, name, shape, data] : parts) {
    auto part = ViewPart(outputs, output, name, shape, place);
    if (!part) return Fail(std::move(part.error()));
    *data = *part;
  }
  // Masks are looked at where a region has one; a cell that is no number is not above any limit.
  if (!AllFinite({page.logits, page.queries * page.classes})) return NotFinite("logits");
  if (!AllFinite({page.boxes, page.queries * 4})) return NotFinite("boxes");
  if (!AllFinite({page.order, page.queries * page.queries})) return NotFinite("order logits");
  return page;
}

/// A query and a class of it: `index` counts classes of queries.
struct Candidate {
  float score = 0;
  std::size_t index = 0;
};

/// The best candidates above the lowest threshold, at most one a query on average, best first.
std::vector<Candidate> BestCandidates(const QueryPage& page, const DetectionOptions& options) {
  float lowest = std::numeric_limits<float>::infinity();
  for (const ClassOptions& of_class : options.classes) lowest = std::min(lowest, of_class.threshold);
  std::vector<Candidate> candidates;
  for (std::size_t index = 0; index < page.queries * page.classes; ++index) {
    const float score = Sigmoid(page.logits[index]);
    if (score > lowest) candidates.push_back({score, index});
  }
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  };
  const std::size_t count = std::min(candidates.size(), page.queries);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count), candidates.end(),
                    better);
  candidates.resize(count);
  return candidates;
}

/// Corners in pixels of the page, of a centre and a size in parts of it.
Box CornersOf(const float* box, PageSize page) {
  const auto width = static_cast<float>(page.width);
  const auto height = static_cast<float>(page.height);
  return {(box[0] - 0.5F * box[2]) * width, (box[1] - 0.5F * box[3]) * height, (box[0] + 0.5F * box[2]) * width,
          (box[1] + 0.5F * box[3]) * height};
}

/// Outlines of masks of logits. Works in single precision where the reference does.
class LogitMaskReader {
 public:
  LogitMaskReader(const QueryPage& outputs, const model::InputContract& input, float threshold, PageSize page)
      : outputs_(outputs),
        logit_(LogitOf(threshold)),
        page_(page),
        scale_x_(static_cast<float>(input.width) / static_cast<float>(page.width) / model::kMaskStride),
        scale_y_(static_cast<float>(input.height) / static_cast<float>(page.height) / model::kMaskStride) {}

  Polygon operator()(const DetectedRow& row, float /*widest*/) const {
    // Not the rounded box: the reference cuts the decimals off here.
    const PixelBox box = PixelBox::Truncate(CornersOf(outputs_.boxes + 4 * row.index, page_));
    Polygon rect = RectOf({static_cast<float>(box.x1), static_cast<float>(box.y1), static_cast<float>(box.x2),
                           static_cast<float>(box.y2)});
    if (box.width() <= 0 || box.height() <= 0) return rect;
    const MaskCrop crop = Crop(row.index, box);
    if (crop.empty()) return rect;
    const auto vertices = ChooseConvexVertices(TraceMask(crop, box.width(), box.height()));
    if (vertices.size() < 4) return rect;
    Polygon polygon;
    for (const cv::Point2d& vertex : vertices) {
      polygon.push_back({static_cast<float>(vertex.x + box.x1), static_cast<float>(vertex.y + box.y1)});
    }
    return polygon;
  }

 private:
  MaskCrop Crop(std::size_t query, const PixelBox& box) const {
    const auto place = [](int pixel, float scale) { return static_cast<float>(pixel) * scale; };
    const CellRange columns = CellRange::Around(place(box.x1, scale_x_), place(box.x2, scale_x_), outputs_.mask_width);
    const CellRange rows = CellRange::Around(place(box.y1, scale_y_), place(box.y2, scale_y_), outputs_.mask_height);
    const float* logits = outputs_.masks + query * outputs_.mask_width * outputs_.mask_height;
    return CutMask(columns, rows, outputs_.mask_width,
                   [logits, limit = logit_](std::size_t cell) { return logits[cell] > limit; });
  }

  QueryPage outputs_;
  float logit_;
  PageSize page_;
  float scale_x_;
  float scale_y_;
};

}  // namespace

std::vector<int> RankQueries(std::span<const float> logits, std::size_t queries) {
  std::vector<double> votes(queries);  // For others being read before the query.
  for (std::size_t row = 0; row < queries; ++row) {
    for (std::size_t column = row + 1; column < queries; ++column) {
      const float before = Sigmoid(logits[row * queries + column]);
      votes[column] += before;
      votes[row] += 1.0F - before;
    }
  }
  const auto key = [&](std::size_t query) {
    return std::isnan(votes[query]) ? std::numeric_limits<double>::infinity() : votes[query];
  };
  std::vector<std::size_t> order(queries);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<int> ranks(queries);
  for (std::size_t rank = 0; rank < queries; ++rank) ranks[order[rank]] = static_cast<int>(rank);
  return ranks;
}

Result<Detections> ReadQueryRows(std::span<const TensorView> outputs, const model::ModelCard& card,
                                 const DetectionOptions& options, PageSize page, BatchPlace place) {
  const auto view = ViewPage(outputs, card, place);
  if (!view) return Fail(view.error());
  Detections detections{.rows = {}, .ordered = true, .trace = {}};
  for (const Candidate& candidate : BestCandidates(*view, options)) {
    const std::size_t query = candidate.index / view->classes;
    const std::size_t label = candidate.index % view->classes;
    const Box box = CornersOf(view->boxes + 4 * query, page);
    if (!IsUsable(box) || !(candidate.score > options.classes[label].threshold)) continue;
    detections.rows.push_back(
        {.label = static_cast<int>(label), .score = candidate.score, .box = Round(box), .index = query});
  }
  if (detections.rows.empty()) return detections;

  KeepBest(detections.rows, kMaxRows);
  const std::vector<int> ranks = RankQueries({view->order, view->queries * view->queries}, view->queries);
  for (DetectedRow& row : detections.rows) row.order = static_cast<float>(ranks[row.index]);
  SortByOrder(detections.rows);
  if (options.class_thresholds) std::ranges::stable_sort(detections.rows, {}, &DetectedRow::label);
  detections.trace = LogitMaskReader(*view, card.input, options.threshold, page);
  return detections;
}

}  // namespace doclayout::postprocess
