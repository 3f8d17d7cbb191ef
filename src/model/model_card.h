#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::model {

enum class Family { kPicoDet };

/// "picodet", …: as in `/analyze` and `--family`.
std::string_view FamilyName(Family family);

/// How pixels become the model's input.
struct InputContract {
  std::string name;                  ///< of the graph's input
  int width = 0;                     ///< pixels
  int height = 0;                    ///< pixels
  std::array<float, 3> mean{};       ///< of each channel in the order blue, green, red, after scaling to 0..1
  std::array<float, 3> deviation{};  ///< as above: input = (pixel / 255 - mean) / deviation
};

/// Outputs of one detection level of PicoDet.
struct DetectionLevel {
  int stride = 0;             ///< pixels of the model's input a cell covers
  std::size_t scores = 0;     ///< index of the graph's output [1, cells, classes]
  std::size_t distances = 0;  ///< index of the graph's output [1, cells, 4 * bins]
};

/// What the rest of the program needs to know of a model: data, not code. Immutable once made.
struct ModelCard {
  std::string name;    ///< "picodet-cdla", or the file's name for one that is not in the catalogue
  std::string sha256;  ///< of the file, lower-case hexadecimal
  Family family = Family::kPicoDet;
  InputContract input;
  std::vector<std::string> labels;
  float threshold = 0.5F;              ///< least score reported unless the caller says otherwise
  float iou_threshold = 0.5F;          ///< boxes of one label that overlap more are one
  std::vector<DetectionLevel> levels;  ///< PicoDet only
  int distance_bins = 0;               ///< PicoDet only: bins of each side's distance distribution (8)
};

/// What an output has to be for the family's post-processing: float32 of that shape.
struct OutputContract {
  std::size_t output = 0;  ///< index of the graph's output
  std::vector<std::size_t> shape;
};

/// The cells of a PicoDet level, row by row from the top left. A plain value.
struct DetectionGrid {
  std::size_t columns = 0;
  std::size_t rows = 0;
};

/// Thread-safe, as the two below.
DetectionGrid GridOf(const ModelCard& card, const DetectionLevel& level);

/// What a PicoDet level's scores and distances have to be, in this order.
std::array<OutputContract, 2> ExpectedOutputsOf(const ModelCard& card, const DetectionLevel& level);

/// One for each output that is made use of.
std::vector<OutputContract> ExpectedOutputs(const ModelCard& card);

}  // namespace doclayout::model
