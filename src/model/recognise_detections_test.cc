#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "model/recognise.h"

namespace doclayout::model {
namespace {

using testing::HasSubstr;
namespace type = element_type;

constexpr std::int64_t kOpen = kAnySize;

GraphPort Unranked(const std::string& name, int element) {
  return {.name = name, .element_type = element, .shape = {}, .has_shape = false};
}

/// As paddle2onnx writes PP-DocLayoutV3.
OnnxHeader OfficialV3() {
  OnnxHeader header;
  header.inputs = {{"im_shape", type::kFloat32, {kOpen, 2}},
                   {"image", type::kFloat32, {kOpen, 3, 800, 800}},
                   {"scale_factor", type::kFloat32, {kOpen, 2}}};
  header.outputs = {{"fetch_name_0", type::kFloat32, {kOpen, 7}},
                    {"fetch_name_1", type::kInt32, {kOpen}},
                    {"fetch_name_2", type::kInt32, {kOpen, 200, 200}}};
  return header;
}

OnnxHeader V2() {
  OnnxHeader header = OfficialV3();
  header.outputs[0].shape[1] = 8;
  header.outputs.pop_back();
  return header;
}

/// L and plus-L with `im_shape`, M and S without.
OnnxHeader DocLayout(std::int64_t side, bool im_shape) {
  OnnxHeader header;
  if (im_shape) header.inputs.push_back({"im_shape", type::kFloat32, {kOpen, 2}});
  header.inputs.push_back({"image", type::kFloat32, {kOpen, 3, side, side}});
  header.inputs.push_back({"scale_factor", type::kFloat32, {kOpen, 2}});
  header.outputs = {{"fetch_name_0", type::kFloat32, {kOpen, 6}}, {"fetch_name_1", type::kInt32, {kOpen}}};
  return header;
}

TEST(RecogniseDetections, KnowsTheOfficialV3) {
  const Result<ModelCard> card = Recognise(OfficialV3());

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->family, Family::kPpDocLayoutV3);
  EXPECT_EQ(card->input.name, "image");
  EXPECT_EQ(card->input.im_shape, "im_shape");
  EXPECT_EQ(card->input.scale_factor, "scale_factor");
  EXPECT_EQ(card->input.channels, ChannelOrder::kRedGreenBlue);
  EXPECT_EQ(card->input.interpolation, Interpolation::kCubic);
  EXPECT_THAT(card->input.mean, testing::Each(0.0F));
  EXPECT_THAT(card->input.deviation, testing::Each(1.0F));
  EXPECT_TRUE(card->input.any_batch);
  EXPECT_EQ(card->labels.size(), 25U);
  EXPECT_EQ(card->labels[22], "text");
  EXPECT_EQ(card->defaults.threshold, 0.3F);
  const auto& outputs = std::get<DetectionOutputs>(card->outputs);
  EXPECT_EQ(outputs.boxes, 0U);
  EXPECT_EQ(outputs.columns, 7U);
  EXPECT_EQ(outputs.count, 1U);
  EXPECT_EQ(outputs.masks, 2U);
}

TEST(RecogniseDetections, KnowsTheHalfPrecisionV3WithoutMasks) {
  OnnxHeader header = OfficialV3();
  for (GraphPort& port : header.inputs) port.element_type = type::kFloat16;
  header.outputs = {{"boxes", type::kFloat16, {300, 7}}};

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->family, Family::kPpDocLayoutV3);
  const auto& outputs = std::get<DetectionOutputs>(card->outputs);
  EXPECT_FALSE(outputs.count);
  EXPECT_FALSE(outputs.masks);
}

TEST(RecogniseDetections, KnowsMasksWithoutACount) {
  OnnxHeader header = OfficialV3();
  header.outputs.erase(header.outputs.begin() + 1);

  const auto outputs = std::get<DetectionOutputs>(Recognise(header)->outputs);

  EXPECT_FALSE(outputs.count);
  EXPECT_EQ(outputs.masks, 1U);
}

TEST(RecogniseDetections, KnowsV2ByItsColumns) {
  const Result<ModelCard> card = Recognise(V2());

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->family, Family::kPpDocLayoutV2);
  EXPECT_EQ(std::get<DetectionOutputs>(card->outputs).columns, 8U);
  EXPECT_EQ(card->defaults.class_threshold.at("seal"), 0.45F);
}

TEST(RecogniseDetections, KnowsTheModelsOfTheFirstGeneration) {
  const Result<ModelCard> plus_l = Recognise(DocLayout(800, true));
  const Result<ModelCard> l = Recognise(DocLayout(640, true));
  const Result<ModelCard> m = Recognise(DocLayout(640, false));
  const Result<ModelCard> s = Recognise(DocLayout(480, false));

  ASSERT_TRUE(plus_l && l && m && s);
  EXPECT_EQ(plus_l->family, Family::kPpDocLayout);
  EXPECT_EQ(plus_l->labels.size(), 20U);
  EXPECT_EQ(l->labels.size(), 23U);
  EXPECT_THAT(l->input.mean, testing::Each(0.0F));
  EXPECT_EQ(m->input.im_shape, "");
  EXPECT_FLOAT_EQ(m->input.mean[0], 0.485F);
  EXPECT_EQ(m->input.channels, ChannelOrder::kRedGreenBlue);
  EXPECT_EQ(s->input.width, 480);
  EXPECT_EQ(s->labels.size(), 23U);
}

TEST(RecogniseDetections, TakesInputsAndOutputsInAnyOrder) {
  OnnxHeader header = OfficialV3();
  std::ranges::reverse(header.inputs);
  std::ranges::reverse(header.outputs);

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  const auto& outputs = std::get<DetectionOutputs>(card->outputs);
  EXPECT_EQ(outputs.boxes, 2U);
  EXPECT_EQ(outputs.count, 1U);
  EXPECT_EQ(outputs.masks, 0U);
}

TEST(RecogniseDetections, TakesCountsOf64BitsAndMasksOf8) {
  OnnxHeader header = OfficialV3();
  header.outputs[1].element_type = type::kInt64;
  header.outputs[2].element_type = type::kUint8;

  EXPECT_TRUE(Recognise(header));
}

TEST(RecogniseDetections, TakesACountThatIsANumber) {
  OnnxHeader header = V2();
  header.outputs[1].shape.clear();

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card);
  const auto contracts = ExpectedOutputs(*card, 1);
  EXPECT_TRUE(Fits(contracts[1], {}));
  EXPECT_TRUE(Fits(contracts[1], {1}));
  EXPECT_FALSE(Fits(contracts[1], {2}));
}

TEST(RecogniseDetections, TakesFixedShapes) {
  OnnxHeader header = OfficialV3();
  for (GraphPort& port : header.inputs) port.shape[0] = 1;
  header.outputs[0].shape = {300, 7};
  header.outputs[1].shape = {1};
  header.outputs[2].shape = {300, 200, 200};

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_FALSE(card->input.any_batch);
}

TEST(RecogniseDetections, TellsUndeclaredShapesByTypeAndOrder) {
  OnnxHeader header = OfficialV3();
  header.outputs = {Unranked("fetch_name_0", type::kFloat32), Unranked("fetch_name_1", type::kInt32),
                    Unranked("fetch_name_2", type::kInt32)};

  const Result<ModelCard> card = Recognise(header);

  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->family, Family::kPpDocLayoutV3);  // only it has masks
  EXPECT_EQ(std::get<DetectionOutputs>(card->outputs).count, 1U);
}

TEST(RecogniseDetections, PrefersWhatIsDeclaredToTheOrder) {
  OnnxHeader header = OfficialV3();
  header.outputs = {Unranked("a", type::kInt32), {"b", type::kInt32, {kOpen}}, {"c", type::kFloat32, {kOpen, 7}}};

  const auto outputs = std::get<DetectionOutputs>(Recognise(header)->outputs);

  EXPECT_EQ(outputs.boxes, 2U);
  EXPECT_EQ(outputs.count, 1U);
  EXPECT_EQ(outputs.masks, 0U);
}

TEST(RecogniseDetections, AsksForTheFamilyWhereColumnsAreNotDeclared) {
  OnnxHeader header = V2();
  header.outputs[0].shape[1] = kOpen;

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("say it with --family pp-doclayout (6 columns)"));
  EXPECT_EQ(Recognise(header, {.family = Family::kPpDocLayoutV2})->family, Family::kPpDocLayoutV2);
  EXPECT_EQ(std::get<DetectionOutputs>(Recognise(header, {.family = Family::kPpDocLayoutV3})->outputs).columns, 7U);
  EXPECT_THAT(Recognise(header, {.family = Family::kPicoDet}).error().message, HasSubstr("but it gives detections"));
}

TEST(RecogniseDetections, RefusesAFamilyWithOtherColumns) {
  EXPECT_THAT(Recognise(V2(), {.family = Family::kPpDocLayoutV3}).error().message,
              HasSubstr("--family says that the model's family is pp-doclayoutv3, but its output 'fetch_name_0' has 8 "
                        "columns, as of pp-doclayoutv2"));
  EXPECT_THAT(
      Recognise(OfficialV3(), {.family = Family::kPpDocLayoutV2, .family_source = "inference.yml"}).error().message,
      HasSubstr("inference.yml says"));
}

TEST(RecogniseDetections, RefusesMasksOfOtherFamilies) {
  OnnxHeader header = OfficialV3();
  header.outputs[0].shape[1] = 8;

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("gives masks ('fetch_name_2 int32 [?,200,200]'), which "
                                                           "pp-doclayoutv2 has none of"));
}

TEST(RecogniseDetections, TakesOpenSizesForTheUsualOnes) {
  OnnxHeader v3 = OfficialV3();
  v3.inputs[1].shape = {kOpen, 3, kOpen, kOpen};
  OnnxHeader first = DocLayout(kOpen, true);

  EXPECT_EQ(Recognise(v3)->input.height, 800);
  EXPECT_THAT(Recognise(first).error().message, HasSubstr("leaves the size of a page open"));
  EXPECT_EQ(Recognise(first, {.width = 640, .height = 640})->labels.size(), 23U);
}

TEST(RecogniseDetections, RefusesSizesThatContradictTheSettings) {
  EXPECT_THAT(Recognise(OfficialV3(), {.width = 640, .height = 480}).error().message,
              HasSubstr("a height of 480 and a width of 640, but the model's input is 'image float32 [?,3,800,800]'"));
}

TEST(RecogniseDetections, TakesLabelsFromTheFile) {
  OnnxHeader header = V2();
  header.metadata["character"] = "one\r\ntwo\n";

  EXPECT_THAT(Recognise(header)->labels, testing::ElementsAre("one", "two"));
}

/// What is close to a known contract and is none.
TEST(RecogniseDetections, RefusesEverythingElse) {
  const auto refused = [](const auto& change) {
    OnnxHeader header = OfficialV3();
    change(header);
    const auto card = Recognise(header);
    return !card && card.error().message.find("no supported family: found inputs (") != std::string::npos;
  };

  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs.pop_back(); })) << "no scale_factor";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs.erase(h.inputs.begin() + 1); })) << "no pixels";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs[1].shape[1] = 1; })) << "grey pixels";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs[1].element_type = type::kUint8; })) << "integer pixels";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs[0].shape = {kOpen, 3}; })) << "im_shape of three";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs.push_back(h.inputs[1]); })) << "two inputs of pixels";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.inputs.push_back({"x", type::kFloat32, {1}}); })) << "another input";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.outputs[0].shape[1] = 9; })) << "nine columns";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.outputs[0].element_type = type::kInt32; })) << "integer rows";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.outputs[1].element_type = type::kFloat32; })) << "fractional count";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.outputs[2].shape.push_back(1); })) << "masks of four dimensions";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.outputs.push_back(h.outputs[2]); })) << "another output";
  EXPECT_TRUE(refused([](OnnxHeader& h) { h.outputs.erase(h.outputs.begin()); })) << "no rows";
}

TEST(RecogniseDetections, RefusesBatchesAndSizesThatAreNotDone) {
  OnnxHeader batch = OfficialV3();
  batch.inputs[1].shape[0] = 8;
  OnnxHeader size = OfficialV3();
  size.inputs[1].shape[2] = std::numeric_limits<std::int64_t>::max();

  EXPECT_THAT(Recognise(batch).error().message, HasSubstr("batches of exactly 8 pages"));
  EXPECT_THAT(Recognise(size).error().message, HasSubstr("is larger than 4096x4096 pixels"));
}

}  // namespace
}  // namespace doclayout::model
