#include "postprocess/query_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr float kNever = -20;

/// Outputs of a model with two labels and masks of 20x20 cells: nothing found until a test says so.
struct SmallQueries {
  model::ModelCard card;
  std::size_t queries;
  std::vector<float> logits;
  std::vector<float> boxes;
  std::vector<float> order;
  std::vector<float> masks;

  explicit SmallQueries(std::size_t count)
      : queries(count),
        logits(count * 2, kNever),
        boxes(count * 4, 0.5F),
        order(count * count),
        masks(count * 400, kNever) {
    card.family = model::Family::kPpDocLayoutV3;
    card.labels = {"text", "table"};
    card.input = {.name = "image", .width = 80, .height = 80};
    card.outputs = model::QueryOutputs{.logits = 0, .boxes = 1, .order = 2, .masks = 3};
    card.defaults = {.threshold = 0.3F, .nms = true, .shape = RegionShape::kAuto};
  }

  /// Centre and size of a query's box in parts of the page.
  void Place(std::size_t query, std::array<float, 4> box) {
    std::copy(box.begin(), box.end(), boxes.begin() + 4 * static_cast<std::ptrdiff_t>(query));
  }

  std::vector<TensorView> Outputs() const {
    return {{"logits", ElementType::kFloat32, {1, queries, 2}, logits.data()},
            {"pred_boxes", ElementType::kFloat32, {1, queries, 4}, boxes.data()},
            {"order_logits", ElementType::kFloat32, {1, queries, queries}, order.data()},
            {"out_masks", ElementType::kFloat32, {1, queries, 20, 20}, masks.data()}};
  }

  Result<Detections> Read(const AnalyzeParameters& parameters = {}) const {
    return ReadQueryRows(Outputs(), card, *ResolveOptions(card, parameters), {.width = 100, .height = 200}, {});
  }
};

std::vector<std::pair<std::size_t, int>> QueriesAndLabels(const Result<Detections>& detections) {
  std::vector<std::pair<std::size_t, int>> found;
  for (const DetectedRow& row : detections->rows) found.emplace_back(row.index, row.label);
  return found;
}

TEST(QueryRows, ComeFromLogitsAndPartsOfThePage) {
  SmallQueries model(2);
  model.logits[3] = 0;  // A half.
  model.Place(1, {0.5F, 0.25F, 0.2F, 0.1F});

  const auto detections = model.Read();

  ASSERT_EQ(detections->rows.size(), 1U);
  EXPECT_EQ(detections->rows[0].index, 1U);
  EXPECT_EQ(detections->rows[0].label, 1);
  EXPECT_FLOAT_EQ(detections->rows[0].score, 0.5F);
  EXPECT_EQ(detections->rows[0].box, (Box{40, 40, 60, 60}));
}

TEST(QueryRows, AreAtMostAsManyAsQueriesAndOneQueryMayGiveTwo) {
  SmallQueries model(2);
  model.logits = {2, 1, 0, 3};

  EXPECT_THAT(QueriesAndLabels(model.Read()), ElementsAre(std::pair(0, 0), std::pair(1, 1)));
  model.logits = {2, 3, 0, 1};
  EXPECT_THAT(QueriesAndLabels(model.Read()), ElementsAre(std::pair(0, 1), std::pair(0, 0)));
}

TEST(QueryRows, EqualScoresComeInTheOrderOfTheQueries) {
  SmallQueries model(3);
  model.logits = {1, 1, 1, 1, 1, 1};

  EXPECT_THAT(QueriesAndLabels(model.Read()), ElementsAre(std::pair(0, 0), std::pair(0, 1), std::pair(1, 0)));
}

TEST(QueryRows, AreSortedByTheirVotes) {
  SmallQueries model(3);
  model.logits = {1, kNever, 1, kNever, 1, kNever};
  // The third before both others, the second before the first.
  model.order = {0, -5, -5, 0, 0, -5, 0, 0, 0};

  EXPECT_THAT(QueriesAndLabels(model.Read()), ElementsAre(std::pair(2, 0), std::pair(1, 0), std::pair(0, 0)));
}

TEST(QueryRows, WhatIsNotFiniteIsAnError) {
  for (const float strange : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    SmallQueries logits(3);
    logits.logits[2] = strange;
    SmallQueries boxes(3);
    boxes.boxes[4] = -strange;
    SmallQueries order(3);
    order.order[1] = strange;

    EXPECT_EQ(logits.Read().error().message, "the model's logits hold values that are infinite or no numbers");
    EXPECT_EQ(boxes.Read().error().message, "the model's boxes hold values that are infinite or no numbers");
    EXPECT_EQ(order.Read().error().message, "the model's order logits hold values that are infinite or no numbers");
  }
}

TEST(QueryRows, OutlineMasksAboveTheThreshold) {
  SmallQueries model(1);
  model.logits[0] = 1;
  model.Place(0, {0.25F, 0.25F, 0.5F, 0.5F});  // (0, 0) to (50, 100): ten cells a side.
  for (std::size_t y = 0; y < 10; ++y) {
    for (std::size_t x = 0; x < 5; ++x) model.masks[y * 20 + x] = -0.5F;  // 0.38.
  }

  const auto low = model.Read({.threshold = 0.3F});
  const auto high = model.Read({.threshold = 0.4F});

  EXPECT_THAT(low->trace(low->rows[0], 0), ElementsAre(Point{0, 0}, Point{0, 99}, Point{24, 99}, Point{24, 0}));
  EXPECT_THAT(high->trace(high->rows[0], 0), ElementsAre(Point{0, 0}, Point{50, 0}, Point{50, 100}, Point{0, 100}))
      << "the box where the mask is blank";
}

TEST(QueryRows, OutputsOfOtherShapesAreAnError) {
  const SmallQueries model(2);
  const auto options = *ResolveOptions(model.card, {});
  const auto message = [&](std::size_t output, Shape shape, BatchPlace place) {
    auto outputs = model.Outputs();
    outputs[output].shape = std::move(shape);
    const auto detections = ReadQueryRows(outputs, model.card, options, {100, 100}, place);
    return detections ? "" : detections.error().message;
  };

  EXPECT_THAT(message(0, {1, 2, 3}, {}), HasSubstr("logits are shaped [1,2,3] and not [1,2,2]"));
  EXPECT_THAT(message(1, {1, 1, 4}, {}), HasSubstr("boxes are shaped [1,1,4] and not [1,2,4]"));
  EXPECT_THAT(message(2, {1, 4}, {}), HasSubstr("order logits are shaped [1,4]"));
  EXPECT_THAT(message(3, {1, 2, 1U << 20, 0}, {}), HasSubstr("the model's masks have 0x1048576 cells and not 20x20"));
  EXPECT_THAT(message(3, {1, 2, 20, 20}, {.index = 0, .size = 2}), HasSubstr("not [2,2,2]"));
}

TEST(RankQueries, CountsTheUpperHalfOnly) {
  EXPECT_THAT(RankQueries(std::vector<float>{0, 5, -9, 0}, 2), ElementsAre(0, 1));
  EXPECT_THAT(RankQueries(std::vector<float>{0, -5, -9, 0}, 2), ElementsAre(1, 0));
  EXPECT_THAT(RankQueries(std::vector<float>(9, 0.0F), 3), ElementsAre(0, 1, 2)) << "equal votes";
  EXPECT_THAT(RankQueries({}, 0), IsEmpty());
}

}  // namespace
}  // namespace doclayout::postprocess
