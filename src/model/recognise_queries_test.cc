#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "model/recognise.h"

namespace doclayout::model {
namespace {

using testing::HasSubstr;
namespace type = element_type;

constexpr std::int64_t kOpen = kAnySize;

/// As `transformers` exports PP-DocLayoutV3.
OnnxHeader TransformersV3() {
  OnnxHeader header;
  header.inputs = {{"pixel_values", type::kFloat32, {kOpen, 3, 800, 800}}};
  header.outputs = {{"logits", type::kFloat32, {kOpen, 300, 25}},
                    {"pred_boxes", type::kFloat32, {kOpen, 300, 4}},
                    {"order_logits", type::kFloat32, {kOpen, 300, 300}},
                    {"out_masks", type::kFloat32, {kOpen, 300, 200, 200}}};
  return header;
}

TEST(RecogniseQueries, KnowsTheExportOfTransformers) {
  const Result<ModelCard> card = Recognise(TransformersV3());

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->family, Family::kPpDocLayoutV3);
  EXPECT_EQ(card->input.name, "pixel_values");
  EXPECT_EQ(card->input.im_shape, "");
  EXPECT_EQ(card->input.scale_factor, "");
  EXPECT_EQ(card->input.channels, ChannelOrder::kRedGreenBlue);
  EXPECT_EQ(card->input.interpolation, Interpolation::kCubic);
  EXPECT_EQ(card->labels.size(), 25U);
  EXPECT_EQ(card->defaults.threshold, 0.3F);
  EXPECT_EQ(std::get<QueryOutputs>(card->outputs).masks, 3U);
}

TEST(RecogniseQueries, TellsRenamedOutputsByTheirShapes) {
  OnnxHeader header = TransformersV3();
  std::ranges::reverse(header.outputs);
  for (GraphPort& port : header.outputs) port.name = "output";

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  const auto& outputs = std::get<QueryOutputs>(card->outputs);
  EXPECT_EQ(outputs.logits, 3U);
  EXPECT_EQ(outputs.boxes, 2U);
  EXPECT_EQ(outputs.order, 1U);
  EXPECT_EQ(outputs.masks, 0U);
}

TEST(RecogniseQueries, TellsUndeclaredShapesByTheirNames) {
  OnnxHeader header = TransformersV3();
  std::ranges::reverse(header.outputs);
  for (GraphPort& port : header.outputs) {
    port.has_shape = false;
    port.shape.clear();
    port.element_type = type::kFloat16;
  }

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(std::get<QueryOutputs>(card->outputs).logits, 3U);
  EXPECT_EQ(card->labels.size(), 25U);
}

TEST(RecogniseQueries, LeavesOtherOutputsAsideWhereTheNamesAreKnown) {
  OnnxHeader header = TransformersV3();
  header.outputs.insert(header.outputs.begin(), {"last_hidden_state", type::kFloat32, {kOpen, 300, 256}});

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(std::get<QueryOutputs>(card->outputs).logits, 1U);
  header.outputs[1].name = "output";
  EXPECT_FALSE(Recognise(header));
}

TEST(RecogniseQueries, NeedsALabelForEachClass) {
  OnnxHeader header = TransformersV3();
  header.outputs[0].shape[2] = 3;

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("3 classes where the published one has 25"));
  EXPECT_THAT(Recognise(header, {.labels = {"a", "b"}}).error().message,
              HasSubstr("3 classes but inference.yml lists 2 labels"));
  EXPECT_TRUE(Recognise(header, {.labels = {"a", "b", "c"}}));
}

TEST(RecogniseQueries, RefusesOutputsThatDisagree) {
  OnnxHeader queries = TransformersV3();
  queries.outputs[3].shape[1] = 299;
  OnnxHeader boxes = TransformersV3();
  boxes.outputs[1].shape[2] = 5;
  OnnxHeader missing = TransformersV3();
  missing.outputs.pop_back();

  for (const OnnxHeader& header : {queries, boxes, missing}) {
    EXPECT_THAT(Recognise(header).error().message, HasSubstr("no supported family"));
  }
}

TEST(RecogniseQueries, SaysWhatItFoundAndWhatIsSupported) {
  OnnxHeader header;
  header.inputs = {{"pixels", type::kFloat32, {kOpen, 3, 640, 640}}};
  header.outputs = {{"boxes", type::kFloat32, {kOpen, 6}}};

  const Error error = Recognise(header).error();

  EXPECT_EQ(error.code, ErrorCode::kBadModel);
  EXPECT_THAT(error.message,
              HasSubstr("found inputs (pixels float32 [?,3,640,640]) and outputs (boxes float32 [?,6])"));
  for (const char* family : {"picodet", "pp-doclayout,", "pp-doclayoutv2", "pp-doclayoutv3 of transformers"}) {
    EXPECT_THAT(error.message, HasSubstr(family));
  }
}

}  // namespace
}  // namespace doclayout::model
