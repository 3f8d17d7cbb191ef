#include "postprocess/paddle_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "postprocess/crop_window.h"
#include "postprocess/polygon_vertices.h"
#include "postprocess/row_filters.h"
#include "postprocess/row_reading.h"

namespace doclayout::postprocess {
namespace {

/// A box wider than this part of the widest one sets its own limit for the distances between vertices,
constexpr float kWide = 0.6F;
/// which is this part of its width.
constexpr double kDistanceRatio = 0.3;

/// Rows of one page: from `first` to before `end`.
struct RowRange {
  std::size_t first = 0;
  std::size_t end = 0;
};

Result<RowRange> EvenRange(std::size_t rows, BatchPlace place) {
  const auto pages = static_cast<std::size_t>(place.size);
  if (rows % pages != 0) {
    return Fail(ErrorCode::kInternal,
                fmt::format("the model gave {} rows for {} pages and no counts", rows, place.size));
  }
  const auto page = static_cast<std::size_t>(place.index);
  return RowRange{page * (rows / pages), (page + 1) * (rows / pages)};
}

Result<RowRange> CountedRange(const TensorView& counts, std::size_t rows, BatchPlace place) {
  if (counts.type != ElementType::kInt32 || !std::cmp_equal(counts.shape[0], place.size)) {
    return Fail(ErrorCode::kInternal, fmt::format("the model's counts are not {} 32-bit integers", place.size));
  }
  const auto* values = static_cast<const std::int32_t*>(counts.data);
  RowRange range;
  for (int page = 0; page <= place.index; ++page) {
    if (values[page] < 0) {
      return Fail(ErrorCode::kInternal, fmt::format("the model counts {} rows on page {}", values[page], page));
    }
    range.first = range.end;
    range.end += static_cast<std::size_t>(values[page]);
  }
  if (range.end > rows) {
    return Fail(ErrorCode::kInternal, fmt::format("the model counts {} rows but gave {}", range.end, rows));
  }
  return range;
}

Result<RowRange> RangeOf(std::span<const TensorView> outputs, const model::DetectionOutputs& description,
                         std::size_t rows, BatchPlace place) {
  if (auto exists = CheckPlace(place); !exists) return Fail(std::move(exists.error()));
  if (!description.count) return EvenRange(rows, place);
  const auto counts = FindOutput(outputs, *description.count, 1, "counts");
  if (!counts) return Fail(counts.error());
  return CountedRange(**counts, rows, place);
}

/// The row when it takes part. A class below 0 says that the row stands for nothing.
Result<std::optional<DetectedRow>> ReadRow(std::span<const float> columns, const DetectionOptions& options) {
  constexpr std::size_t kOrder = 6;
  if (!AllFinite(columns.first(kOrder))) return NotFinite("boxes");
  const float label = columns[0];
  const float score = columns[1];
  if (label < 0 || label != std::trunc(label)) return std::nullopt;
  if (label >= static_cast<float>(options.classes.size())) {
    if (!(score > options.threshold)) return std::nullopt;
    return Fail(ErrorCode::kInternal, fmt::format("the model reports class {}, and there are labels for 0 to {} only",
                                                  label, options.classes.size() - 1));
  }
  if (!(score > options.classes[static_cast<std::size_t>(label)].threshold)) return std::nullopt;
  const Box box{columns[2], columns[3], columns[4], columns[5]};
  if (!IsUsable(box)) return std::nullopt;
  DetectedRow row{.label = static_cast<int>(label), .score = score, .box = options.whole_pixels ? Round(box) : box};
  if (columns.size() > kOrder) row.order = columns[kOrder];
  if (columns.size() > kOrder + 1) row.priority = columns[kOrder + 1];
  return row;
}

/// Outlines of masks of integers, 0 and 1.
class MaskReader {
 public:
  MaskReader(const TensorView& masks, const model::InputContract& input, PageSize page)
      : masks_(masks),
        scale_x_(static_cast<double>(input.width) / page.width / model::kMaskStride),
        scale_y_(static_cast<double>(input.height) / page.height / model::kMaskStride) {}

  Polygon operator()(const DetectedRow& row, float widest) const {
    const PixelBox box = PixelBox::Truncate(row.box);
    if (box.width() <= 0 || box.height() <= 0) return {};
    const MaskCrop crop = Crop(row.index, box);
    if (crop.empty()) return {};
    const auto contour = TraceMask(crop, box.width(), box.height());
    Polygon polygon;
    for (const cv::Point2d& vertex : ChooseVertices(contour, MaxDistance(box, widest))) {
      polygon.push_back({static_cast<float>(vertex.x + box.x1), static_cast<float>(vertex.y + box.y1)});
    }
    return polygon;
  }

 private:
  static double MaxDistance(const PixelBox& box, float widest) {
    const bool wide = box.width() > static_cast<double>(widest * kWide);
    return wide ? box.width() * kDistanceRatio : widest * static_cast<float>(kDistanceRatio);
  }

  MaskCrop Crop(std::size_t row, const PixelBox& box) const {
    const std::size_t height = masks_.shape[1];
    const std::size_t width = masks_.shape[2];
    const CellRange columns = CellRange::Around(box.x1 * scale_x_, box.x2 * scale_x_, width);
    const CellRange rows = CellRange::Around(box.y1 * scale_y_, box.y2 * scale_y_, height);
    const std::size_t start = row * width * height;
    if (masks_.type == ElementType::kUint8) {
      const auto* values = static_cast<const std::uint8_t*>(masks_.data) + start;
      return CutMask(columns, rows, width, [values](std::size_t cell) { return values[cell] != 0; });
    }
    // The reference makes bytes of them.
    const auto* values = static_cast<const std::int32_t*>(masks_.data) + start;
    return CutMask(columns, rows, width, [values](std::size_t cell) { return (values[cell] & 0xFF) != 0; });
  }

  TensorView masks_;
  double scale_x_;
  double scale_y_;
};

Result<MaskTracer> TracerOf(std::span<const TensorView> outputs, const model::ModelCard& card, std::size_t rows,
                            PageSize page) {
  const auto found = FindOutput(outputs, *std::get<model::DetectionOutputs>(card.outputs).masks, 3, "masks");
  if (!found) return Fail(found.error());
  const TensorView& masks = **found;
  if (masks.type == ElementType::kFloat32) {
    return Fail(ErrorCode::kInternal, "the model's masks are float32 and not integers");
  }
  if (masks.shape[0] != rows) {
    return Fail(ErrorCode::kInternal, fmt::format("the model gave {} masks for {} rows", masks.shape[0], rows));
  }
  if (auto size = CheckMaskSize(masks.shape[1], masks.shape[2], card.input); !size)
    return Fail(std::move(size.error()));
  return MaskReader(masks, card.input, page);
}

}  // namespace

Result<Detections> ReadPaddleRows(std::span<const TensorView> outputs, const model::ModelCard& card,
                                  const DetectionOptions& options, PageSize page, BatchPlace place) {
  const auto& description = std::get<model::DetectionOutputs>(card.outputs);
  const auto found = FindOutput(outputs, description.boxes, 2, "boxes");
  if (!found) return Fail(found.error());
  const TensorView& boxes = **found;
  const std::size_t columns = description.columns;
  if (boxes.type != ElementType::kFloat32) return Fail(ErrorCode::kInternal, "the model's boxes are not of float32");
  if (boxes.shape[1] != columns || columns < 6) {
    return Fail(ErrorCode::kInternal, fmt::format("the model's boxes are shaped [{}] and not [rows,{}]",
                                                  fmt::join(boxes.shape, ","), columns));
  }
  const auto range = RangeOf(outputs, description, boxes.shape[0], place);
  if (!range) return Fail(range.error());

  Detections detections{.rows = {}, .ordered = columns > 6, .trace = {}};
  if (description.masks) {
    auto tracer = TracerOf(outputs, card, boxes.shape[0], page);
    if (!tracer) return Fail(std::move(tracer.error()));
    detections.trace = std::move(*tracer);
  }
  for (std::size_t index = range->first; index < range->end; ++index) {
    auto row = ReadRow(boxes.floats().subspan(index * columns, columns), options);
    if (!row) return Fail(std::move(row.error()));
    if (!*row) continue;
    (*row)->index = index;
    detections.rows.push_back(**row);
  }
  KeepBest(detections.rows, kMaxRows);
  if (options.class_thresholds) {
    std::ranges::stable_sort(detections.rows, {}, &DetectedRow::label);
  }
  return detections;
}

}  // namespace doclayout::postprocess
