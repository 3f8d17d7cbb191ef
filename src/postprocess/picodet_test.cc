#include "postprocess/picodet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace doclayout::postprocess {
namespace {

constexpr int kBins = 8;
constexpr std::array<std::size_t, 4> kCells{64, 16, 4, 1};  // Of a 64x64 input at strides 8, 16, 32, 64.

/// Outputs of a PicoDet with a 64x64 input and two labels: nothing found until a test says so.
struct SmallModel {
  model::ModelCard card;
  std::vector<std::vector<float>> values;

  SmallModel() {
    card.labels = {"text", "table"};
    card.input = {.name = "image", .width = 64, .height = 64};
    model::PicoDetOutputs outputs{.levels = {}, .distance_bins = kBins};
    for (std::size_t level = 0; level < 4; ++level) {
      outputs.levels.push_back({.stride = 8 << level, .scores = level, .distances = level + 4});
      values.emplace_back(kCells[level] * 2, 0.0F);
    }
    for (std::size_t cells : kCells) values.emplace_back(cells * 4 * kBins, 0.0F);
    card.outputs = std::move(outputs);
  }

  /// A box around a cell whose sides lie `left`, `top`, `right`, `bottom` whole strides from its centre.
  void Put(std::size_t level, std::size_t cell, std::size_t label, float score, std::array<int, 4> strides) {
    values[level][cell * 2 + label] = score;
    for (std::size_t side = 0; side < 4; ++side) {
      float* bins = values[level + 4].data() + (cell * 4 + side) * kBins;
      std::fill_n(bins, kBins, -100.0F);
      bins[strides[side]] = 100.0F;
    }
  }

  std::vector<TensorView> Outputs() const {
    std::vector<TensorView> outputs;
    for (std::size_t i = 0; i < 8; ++i) {
      outputs.push_back({"out", ElementType::kFloat32, {1, kCells[i % 4], i < 4 ? 2U : 4U * kBins}, values[i].data()});
    }
    return outputs;
  }
};

TEST(PicoDet, DecodesABoxFromItsCell) {
  SmallModel model;
  model.Put(1, 5, 1, 0.75F, {1, 0, 2, 1});  // Stride 16: centre (24, 24).

  const auto regions = DecodePicoDet(model.Outputs(), model.card, {}, {.width = 640, .height = 320});

  ASSERT_TRUE(regions) << regions.error().message;
  ASSERT_EQ(regions->size(), 1U);
  EXPECT_EQ(regions->front().label, "table");
  EXPECT_EQ(regions->front().label_id, 1);
  EXPECT_FLOAT_EQ(regions->front().score, 0.75F);
  EXPECT_EQ(regions->front().bbox, (Box{80, 120, 560, 200}));
}

TEST(PicoDet, ADistanceIsTheMeanOfItsDistribution) {
  SmallModel model;
  model.Put(0, 27, 0, 0.9F, {0, 0, 0, 0});  // Stride 8: centre (28, 28).
  std::fill_n(model.values[4].data() + std::ptrdiff_t{27} * 4 * kBins, kBins,
              0.0F);  // Left: even over 0..7, so 3.5 strides.

  const auto regions = DecodePicoDet(model.Outputs(), model.card, {}, {.width = 64, .height = 64});

  ASSERT_EQ(regions->size(), 1U);
  EXPECT_NEAR(regions->front().bbox.x1, 0, 1e-4);
  EXPECT_NEAR(regions->front().bbox.x2, 28, 1e-4);
}

TEST(PicoDet, AScoreEqualToTheThresholdIsNotReported) {
  SmallModel model;
  model.Put(2, 0, 0, 0.5F, {0, 0, 1, 1});

  EXPECT_TRUE(DecodePicoDet(model.Outputs(), model.card, {}, {64, 64})->empty());
  EXPECT_EQ(DecodePicoDet(model.Outputs(), model.card, {.threshold = 0.49F}, {64, 64})->size(), 1U);
}

TEST(PicoDet, BoxesEndAtThePagesBorder) {
  SmallModel model;
  model.Put(3, 0, 0, 0.9F, {7, 7, 7, 7});

  const auto regions = DecodePicoDet(model.Outputs(), model.card, {}, {.width = 100, .height = 50});

  EXPECT_EQ(regions->front().bbox, (Box{0, 0, 100, 50}));
}

TEST(PicoDet, SuppressesOverlapsWithinALabelUnlessToldNotTo) {
  SmallModel model;
  model.Put(1, 5, 0, 0.9F, {1, 1, 1, 1});
  model.Put(0, 18, 0, 0.8F, {2, 2, 2, 2});  // Centre (20, 20): nearly the same box.
  model.Put(2, 3, 1, 0.7F, {1, 1, 1, 1});   // Another label never competes.

  EXPECT_EQ(DecodePicoDet(model.Outputs(), model.card, {}, {64, 64})->size(), 2U);
  EXPECT_EQ(DecodePicoDet(model.Outputs(), model.card, {.nms = false}, {64, 64})->size(), 3U);
}

TEST(PicoDet, ScoresThatAreNotFiniteAreAnError) {
  for (const float strange : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    SmallModel model;
    model.Put(0, 3, 0, strange, {1, 1, 1, 1});

    EXPECT_EQ(DecodePicoDet(model.Outputs(), model.card, {}, {64, 64}).error(),
              (Error{ErrorCode::kInternal, "the model's scores hold values that are infinite or no numbers"}));
  }
}

TEST(PicoDet, DistancesThatAreNotFiniteAreAnErrorWhereTheyAreMadeUseOf) {
  SmallModel model;
  model.values[4 + 1][5 * 4 * kBins] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(DecodePicoDet(model.Outputs(), model.card, {}, {64, 64}));

  model.Put(1, 5, 0, 0.9F, {1, 1, 1, 1});
  model.values[4 + 1][5 * 4 * kBins] = std::numeric_limits<float>::quiet_NaN();

  EXPECT_EQ(DecodePicoDet(model.Outputs(), model.card, {}, {64, 64}).error().message,
            "the model's distances hold values that are infinite or no numbers");
}

TEST(PicoDet, OutputsOfAnotherShapeAreAnError) {
  SmallModel model;
  auto outputs = model.Outputs();
  outputs[2].shape[1] = 5;
  EXPECT_EQ(DecodePicoDet(outputs, model.card, {}, {64, 64}).error().code, ErrorCode::kInternal);

  outputs.resize(3);
  EXPECT_EQ(DecodePicoDet(outputs, model.card, {}, {64, 64}).error().code, ErrorCode::kInternal);
}

TEST(PicoDet, RandomOutputsNeverLeaveThePage) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 5);
  SmallModel model;
  for (int round = 0; round < 50; ++round) {
    for (auto& tensor : model.values) {
      for (float& value : tensor) value = normal(random);
    }
    const auto regions = DecodePicoDet(model.Outputs(), model.card, {.threshold = 0.0F}, {.width = 33, .height = 7});
    ASSERT_TRUE(regions);
    for (const Region& region : *regions) {
      ASSERT_LE(0, region.bbox.x1);
      ASSERT_LE(region.bbox.x1, region.bbox.x2);
      ASSERT_LE(region.bbox.x2, 33);
      ASSERT_LE(region.bbox.y1, region.bbox.y2);
      ASSERT_LE(region.bbox.y2, 7);
    }
  }
}

}  // namespace
}  // namespace doclayout::postprocess
