#include "model/recognise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace doclayout::model {
namespace {

using testing::HasSubstr;

/// A PicoDet with an input of 64x64 pixels, two classes and eight distance bins.
OnnxHeader SmallPicoDet() {
  OnnxHeader header;
  header.inputs = {{"image", 1, {1, 3, 64, 64}}};
  for (std::int64_t width : {2, 32}) {
    for (std::int64_t cells : {64, 16, 4, 1}) header.outputs.push_back({"out", 1, {1, cells, width}});
  }
  header.metadata["character"] = "text\ntable\n";
  return header;
}

TEST(RecognisePicoDet, KnowsPicoDetByItsPorts) {
  const Result<ModelCard> card = Recognise(SmallPicoDet());

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->family, Family::kPicoDet);
  EXPECT_THAT(card->labels, testing::ElementsAre("text", "table"));
  const auto& outputs = std::get<PicoDetOutputs>(card->outputs);
  EXPECT_EQ(outputs.distance_bins, 8);
  ASSERT_EQ(outputs.levels.size(), 4U);
  EXPECT_EQ(outputs.levels[3].stride, 64);
  EXPECT_EQ(outputs.levels[3].distances, 7U);
}

TEST(RecognisePicoDet, RefusesFewerLabelsThanClasses) {
  OnnxHeader header = SmallPicoDet();
  header.metadata["character"] = "text";

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("2 classes but its metadata key 'character' lists 1"));
}

TEST(RecognisePicoDet, TakesOutputsInAnyOrder) {
  OnnxHeader header = SmallPicoDet();
  std::ranges::reverse(header.outputs);

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  const auto& outputs = std::get<PicoDetOutputs>(card->outputs);
  EXPECT_EQ(outputs.levels[0].scores, 7U);
  EXPECT_EQ(outputs.levels[0].distances, 3U);
  EXPECT_EQ(outputs.levels[3].scores, 4U);
}

TEST(RecognisePicoDet, TellsMapsOfTheSameWidthByTheirOrder) {
  OnnxHeader header = SmallPicoDet();
  header.metadata["character"].clear();
  for (int i = 0; i < 32; ++i) header.metadata["character"] += "label" + std::to_string(i) + "\n";
  for (std::size_t i = 0; i < 4; ++i) header.outputs[i].shape[2] = 32;

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(std::get<PicoDetOutputs>(card->outputs).levels[2].scores, 2U);
}

TEST(RecognisePicoDet, TakesOpenBatchesAndHalfPrecision) {
  OnnxHeader header = SmallPicoDet();
  header.inputs[0].shape[0] = -1;
  header.inputs[0].element_type = element_type::kFloat16;
  for (GraphPort& port : header.outputs) {
    port.shape[0] = -1;
    port.element_type = element_type::kFloat16;
  }

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_TRUE(card->input.any_batch);
  EXPECT_EQ(ExpectedOutputs(*card, 2)[0].shape, (std::vector<std::int64_t>{2, 64, 2}));
  EXPECT_FALSE(Recognise(SmallPicoDet())->input.any_batch);
}

TEST(RecognisePicoDet, TakesTheExportersOrderWhereShapesAreNotDeclared) {
  OnnxHeader header = SmallPicoDet();
  for (GraphPort& port : header.outputs) {
    port.shape.clear();
    port.has_shape = false;
  }

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->labels.size(), 2U);
  EXPECT_EQ(std::get<PicoDetOutputs>(card->outputs).distance_bins, 8);
}

TEST(RecognisePicoDet, TakesLabelsOfTheSettingsFirst) {
  OnnxHeader header = SmallPicoDet();

  EXPECT_THAT(Recognise(header, {.labels = {"a", "b"}})->labels, testing::ElementsAre("a", "b"));
  EXPECT_THAT(Recognise(header, {.labels = {"a"}}).error().message, HasSubstr("2 classes but inference.yml lists 1"));
}

TEST(RecognisePicoDet, RefusesAFixedBatchOfSeveralPages) {
  OnnxHeader header = SmallPicoDet();
  header.inputs[0].shape[0] = 4;

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("batches of exactly 4 pages"));
}

TEST(RecognisePicoDet, RefusesAnOpenSizeThatNobodyKnows) {
  OnnxHeader header = SmallPicoDet();
  header.inputs[0].shape = {-1, 3, -1, -1};

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("leaves the size of a page open"));
  EXPECT_TRUE(Recognise(header, {.width = 64, .height = 64}));
}

TEST(RecognisePicoDet, RefusesCellsThatDoNotFitTheInput) {
  OnnxHeader header = SmallPicoDet();
  header.outputs[2].shape[1] = 5;

  EXPECT_FALSE(Recognise(header));
}

TEST(RecognisePicoDet, RefusesMoreClassesOrBinsThanAnyModelHas) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  OnnxHeader bins = SmallPicoDet();
  for (std::size_t i = 4; i < 8; ++i) bins.outputs[i].shape[2] = kHuge;
  OnnxHeader classes = SmallPicoDet();
  for (std::size_t i = 0; i < 4; ++i) classes.outputs[i].shape[2] = 1001;

  EXPECT_THAT(Recognise(bins).error().message, HasSubstr("274877906944 distance bins; at most 1000 and 64"));
  EXPECT_THAT(Recognise(classes).error().message, HasSubstr("1001 classes"));
}

TEST(RecognisePicoDet, RefusesAnInputBeyondAnyModel) {
  OnnxHeader header = SmallPicoDet();
  header.inputs[0].shape = {1, 3, 1 << 30, 1 << 30};

  EXPECT_FALSE(Recognise(header));
}

}  // namespace
}  // namespace doclayout::model
