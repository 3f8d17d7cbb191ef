#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "types/analyze_parameters.h"
#include "types/page_size.h"

namespace doclayout::model {

/// Models that are described and post-processed alike.
enum class Family { kPicoDet, kPpDocLayout, kPpDocLayoutV2, kPpDocLayoutV3 };

/// "picodet", …: as in `/analyze` and `--family`. Thread-safe, as the one below.
std::string_view FamilyName(Family family);

/// `kBadParameter` for another name than those; the message lists them.
Result<Family> ParseFamily(std::string_view name);

/// In which order the graph takes a pixel's channels.
enum class ChannelOrder { kBlueGreenRed, kRedGreenBlue };

/// How pixels between pixels are made up when a page is resized; the numbers are Paddle's and OpenCV's.
enum class Interpolation { kNearest = 0, kLinear = 1, kCubic = 2, kArea = 3, kLanczos4 = 4 };

/// How pixels become the model's input, float32 or float16 [N, 3, height, width].
struct InputContract {
  std::string name;                  ///< of the graph's input for pixels
  int width = 0;                     ///< pixels
  int height = 0;                    ///< pixels
  bool any_batch = true;             ///< false: the graph takes one page at a time
  std::array<float, 3> mean{};       ///< of each channel in the graph's order, after scaling to 0..1
  std::array<float, 3> deviation{};  ///< as above: input = (pixel / 255 - mean) / deviation
  ChannelOrder channels = ChannelOrder::kBlueGreenRed;
  Interpolation interpolation = Interpolation::kLinear;
  std::string im_shape;      ///< name of the input [N, 2] that takes height and width from above; empty: none
  std::string scale_factor;  ///< name of the input [N, 2] that takes height / page's height and width / page's width;
                             ///< empty: none

  PageSize size() const { return {.width = width, .height = height}; }
};

/// Outputs of one detection level of PicoDet.
struct DetectionLevel {
  int stride = 0;             ///< pixels of the model's input a cell covers
  std::size_t scores = 0;     ///< index of the graph's output [1, cells, classes]
  std::size_t distances = 0;  ///< index of the graph's output [1, cells, 4 * bins]
};

/// What a PicoDet gives.
struct PicoDetOutputs {
  std::vector<DetectionLevel> levels;
  int distance_bins = 0;  ///< bins of each side's distance distribution (8)
};

/// What Paddle's exports give: rows of class, score, x1, y1, x2, y2 in pixels of the page, and order columns behind
/// them. The rows of all pages of a batch lie behind one another.
struct DetectionOutputs {
  std::size_t boxes = 0;             ///< index of the graph's output [rows, columns]
  std::size_t columns = 6;           ///< 6: no order; 7: order; 8: order and a second key, higher first
  std::optional<std::size_t> count;  ///< index of the graph's output [N]: rows of each page
  std::optional<std::size_t> masks;  ///< index of the graph's output [rows, mask height, mask width], 0 or 1
};

/// What the export of `transformers` gives: one row a query, not sorted.
struct QueryOutputs {
  std::size_t logits = 0;  ///< index of the graph's output [N, queries, classes]
  std::size_t boxes = 0;   ///< [N, queries, 4]: centre x, centre y, width, height in 0..1
  std::size_t order = 0;   ///< [N, queries, queries]: logits that the row is read before the column
  std::size_t masks = 0;   ///< [N, queries, mask height, mask width]: logits
};

/// What the rest of the program needs to know of a model: data, not code. Immutable once made.
struct ModelCard {
  std::string name;             ///< "picodet-cdla", or the file's name for one that is not in the catalogue
  std::string sha256;           ///< of the file, lower-case hexadecimal
  std::string settings_sha256;  ///< of its `inference.yml`; empty without
  Family family = Family::kPicoDet;
  InputContract input;
  std::vector<std::string> labels;
  std::variant<PicoDetOutputs, DetectionOutputs, QueryOutputs> outputs;
  /// What post-processing does unless the caller says otherwise. Set are `threshold` and `nms`, and of models with rows
  /// of detections or queries all the others.
  AnalyzeParameters defaults{.threshold = 0.5F, .nms = true};
  float iou_threshold = 0.5F;  ///< PicoDet only: boxes of one label that overlap more are one
};

/// Pixels of the model's input, along each side, that a mask has one cell for.
constexpr int kMaskStride = 4;

/// Cells of a mask. A plain value.
struct MaskSize {
  std::size_t rows = 0;
  std::size_t columns = 0;
};
inline MaskSize MaskCells(const InputContract& input) {
  return {static_cast<std::size_t>(input.height / kMaskStride), static_cast<std::size_t>(input.width / kMaskStride)};
}

/// The number of the class that a key of `AnalyzeParameters` means: by its label, else by the label's number. Nothing
/// for a class that the model does not have.
std::optional<std::size_t> FindClass(const std::vector<std::string>& labels, std::string_view key);

/// A dimension that the graph decides.
constexpr std::int64_t kAnySize = -1;

/// What an output has to be for the family's post-processing: float32 of that shape, masks 8- or 32-bit integers.
struct OutputContract {
  std::size_t output = 0;           ///< index of the graph's output
  std::vector<std::int64_t> shape;  ///< `kAnySize` where the graph decides
};

/// Whether a tensor of `shape` may be that output.
bool Fits(const OutputContract& contract, const std::vector<std::size_t>& shape);

/// The cells of a PicoDet level, row by row from the top left. A plain value.
struct DetectionGrid {
  std::size_t columns = 0;
  std::size_t rows = 0;
};

/// Thread-safe, as those below.
DetectionGrid GridOf(const ModelCard& card, const DetectionLevel& level);

/// What a PicoDet level's scores and distances have to be, in this order; `card.outputs` must hold `PicoDetOutputs`.
std::array<OutputContract, 2> ExpectedOutputsOf(const ModelCard& card, const DetectionLevel& level);

/// One for each output that is made use of, for an inference of `batch` pages.
std::vector<OutputContract> ExpectedOutputs(const ModelCard& card, int batch);

}  // namespace doclayout::model
