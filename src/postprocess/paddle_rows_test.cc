#include "postprocess/paddle_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "postprocess/testing/small_detector.h"

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr PageSize kPage{.width = 100, .height = 100};

Result<Detections> Read(const SmallDetector& model, const AnalyzeParameters& parameters = {}, BatchPlace place = {}) {
  return ReadPaddleRows(model.Outputs(), model.card, *ResolveOptions(model.card, parameters), kPage, place);
}

std::vector<std::size_t> Indices(const Result<Detections>& detections) {
  std::vector<std::size_t> indices;
  for (const DetectedRow& row : detections->rows) indices.push_back(row.index);
  return indices;
}

std::string Message(const Result<Detections>& detections) {
  EXPECT_FALSE(detections);
  if (detections) return "";
  EXPECT_EQ(detections.error().code, ErrorCode::kInternal);
  return detections.error().message;
}

TEST(PaddleRows, AreRoundedHalvesToEven) {
  SmallDetector model;
  model.Add(2, 0.9F, {0.5F, 1.5F, 2.5F, 3.6F}, 4);

  const auto detections = Read(model);

  ASSERT_EQ(detections->rows.size(), 1U);
  EXPECT_EQ(detections->rows[0].box, (Box{0, 2, 2, 4}));
  EXPECT_EQ(detections->rows[0].label, 2);
  EXPECT_EQ(detections->rows[0].order, 4);
  EXPECT_TRUE(detections->ordered);
}

TEST(PaddleRows, ScoreAboveTheThresholdOfTheirClass) {
  SmallDetector model;
  model.Add(2, 0.55F, {0, 0, 9, 9}, 0);
  model.Add(0, 0.5F, {0, 0, 9, 9}, 0);
  model.Add(0, 0.51F, {0, 0, 9, 9}, 0);
  model.Add(2, 0.61F, {0, 0, 9, 9}, 0);

  EXPECT_THAT(Indices(Read(model, {.threshold = 0.5F})), ElementsAre(0, 2, 3));
  EXPECT_THAT(Indices(Read(model, {.threshold = 0.5F, .class_threshold = {{"table", 0.6F}}})), ElementsAre(2, 3));
  EXPECT_THAT(Indices(Read(model, {.threshold = 0.5F, .class_threshold = {{"table", 0.5F}}})), ElementsAre(2, 0, 3))
      << "thresholds of classes group rows by class";
}

TEST(PaddleRows, WhatStandsForNothingIsLeftOut) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  SmallDetector model;
  for (float label : {-1.0F, 0.5F}) model.Add(label, 0.9F, {0, 0, 9, 9}, 0);
  model.Add(0, 0.9F, {0, 0, 2e7F, 9}, 0);  // further out than float32 counts pixels
  model.Add(3, 0.2F, {0, 0, 9, 9}, 0);     // no label, but no score either
  model.Add(0, 0.9F, {9, 9, 0, 0}, kNan);  // without an order

  EXPECT_THAT(Indices(Read(model)), ElementsAre(4));
}

TEST(PaddleRows, WhatIsNotFiniteIsAnError) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float strange : {kNan, kInfinity, -kInfinity}) {
    for (int column = 0; column < 6; ++column) {
      SmallDetector model;
      model.Add(0, 0.9F, {0, 0, 9, 9}, 0);
      model.rows[static_cast<std::size_t>(column)] = strange;

      EXPECT_EQ(Read(model).error(),
                (Error{ErrorCode::kInternal, "the model's boxes hold values that are infinite or no numbers"}));
    }
  }
}

TEST(PaddleRows, AClassWithoutALabelIsAnError) {
  SmallDetector model;
  model.Add(3, 0.9F, {0, 0, 9, 9}, 0);

  EXPECT_EQ(Read(model).error(),
            (Error{ErrorCode::kInternal, "the model reports class 3, and there are labels for 0 to 2 only"}));
}

TEST(PaddleRows, MasksOfAnotherResolutionAreAnError) {
  SmallDetector model;
  model.Add(0, 0.9F, {0, 0, 9, 9}, 0);
  model.AddMask(0, 0, 5, 5);
  for (const int side : {0, 40, 84, 160}) {
    model.card.input.width = side;

    EXPECT_EQ(Read(model).error().message, fmt::format("the model's masks have 20x20 cells and not {}x20, one for each "
                                                       "4x4 pixels of its input",
                                                       side / 4));
  }
}

TEST(PaddleRows, OnlyTheBestOfVeryManyAreLookedAt) {
  SmallDetector model;
  for (std::size_t i = 0; i < kMaxRows + 5; ++i) model.Add(0, i < 5 ? 0.4F : 0.9F, {0, 0, 9, 9}, 0);

  const auto detections = Read(model);

  ASSERT_EQ(detections->rows.size(), kMaxRows);
  EXPECT_EQ(detections->rows.front().index, 5U);
}

TEST(PaddleRows, OfABatchLieBehindOneAnotherByTheirCounts) {
  SmallDetector model;
  for (int i = 0; i < 6; ++i) model.Add(0, 0.9F, {0, 0, 9, 9}, 0);
  model.Count({2, 0, 3});

  EXPECT_THAT(Indices(Read(model, {}, {.index = 0, .size = 3})), ElementsAre(0, 1));
  EXPECT_THAT(Indices(Read(model, {}, {.index = 1, .size = 3})), IsEmpty());
  EXPECT_THAT(Indices(Read(model, {}, {.index = 2, .size = 3})), ElementsAre(2, 3, 4));
}

TEST(PaddleRows, OfABatchWithoutCountsAreEven) {
  SmallDetector model;
  for (int i = 0; i < 4; ++i) model.Add(0, 0.9F, {0, 0, 9, 9}, 0);

  EXPECT_THAT(Indices(Read(model, {}, {.index = 1, .size = 2})), ElementsAre(2, 3));
  EXPECT_THAT(Message(Read(model, {}, {.index = 1, .size = 3})), HasSubstr("4 rows for 3 pages"));
}

TEST(PaddleRows, WrongCountsAreAnError) {
  SmallDetector model;
  model.Add(0, 0.9F, {0, 0, 9, 9}, 0);

  model.Count({2});
  EXPECT_THAT(Message(Read(model)), HasSubstr("counts 2 rows but gave 1"));
  model.Count({-1});
  EXPECT_THAT(Message(Read(model)), HasSubstr("counts -1 rows"));
  model.Count({1, 1});
  EXPECT_THAT(Message(Read(model)), HasSubstr("not 1 32-bit integers"));
  model.Count({1});
  EXPECT_THAT(Message(Read(model, {}, {.index = 1, .size = 1})), HasSubstr("no page 1"));
}

TEST(PaddleRows, WrongShapesAreAnError) {
  SmallDetector model;
  model.Add(0, 0.9F, {0, 0, 9, 9}, 0);
  model.AddMask(0, 0, 20, 20);
  model.AddMask(0, 0, 20, 20);
  EXPECT_THAT(Message(Read(model)), HasSubstr("2 masks for 1 rows"));

  model.description() = {.boxes = 0, .columns = 8};
  EXPECT_THAT(Message(Read(model)), HasSubstr("[1,7] and not [rows,8]"));
  model.description() = {.boxes = 7, .columns = 7};
  EXPECT_THAT(Message(Read(model)), HasSubstr("3 outputs and no boxes"));
  model.description() = {.boxes = 0, .columns = 7, .count = {}, .masks = 0};
  EXPECT_THAT(Message(Read(model)), HasSubstr("not of rank 3"));
}

TEST(PaddleRows, MasksAreOutlinedInThePagesPixels) {
  SmallDetector model;
  model.Add(0, 0.9F, {10, 20, 50, 60}, 0);
  model.AddMask(2, 4, 6, 12);  // Cells of five pixels: (10, 20) to (30, 60).

  const auto detections = Read(model);

  EXPECT_THAT(detections->trace(detections->rows[0], 40),
              ElementsAre(Point{10, 20}, Point{10, 59}, Point{29, 59}, Point{29, 20}));
}

TEST(PaddleRows, MasksOfIntegersAreRead) {
  SmallDetector model;
  model.Add(0, 0.9F, {0, 0, 40, 40}, 0);
  model.description().masks = 1;
  std::vector<std::int32_t> cells(std::size_t{20} * 20, 1);
  std::vector<TensorView> outputs = model.Outputs();
  outputs[1] = {"masks", ElementType::kInt32, {1, 20, 20}, cells.data()};

  const auto detections = ReadPaddleRows(outputs, model.card, *ResolveOptions(model.card, {}), kPage, BatchPlace{});

  EXPECT_THAT(detections->trace(detections->rows[0], 40),
              ElementsAre(Point{0, 0}, Point{0, 39}, Point{39, 39}, Point{39, 0}));
}

TEST(PaddleRows, ABoxWithoutAreaOrWithABlankMaskHasNoOutline) {
  SmallDetector model;
  model.Add(0, 0.9F, {10, 20, 10, 60}, 0);
  model.Add(0, 0.9F, {10, 20, 50, 60}, 0);
  model.Add(0, 0.9F, {200, 200, 300, 300}, 0);
  for (int i = 0; i < 3; ++i) model.AddMask(0, 0, 2, 2);

  const auto detections = Read(model);

  for (const DetectedRow& row : detections->rows) EXPECT_THAT(detections->trace(row, 40), IsEmpty());
}

}  // namespace
}  // namespace doclayout::postprocess
