#include "model/recognise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(Recognise, KnowsPicoDetByItsPorts) {
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

TEST(Recognise, RefusesFewerLabelsThanClasses) {
  OnnxHeader header = SmallPicoDet();
  header.metadata["character"] = "text";

  EXPECT_THAT(Recognise(header).error().message, HasSubstr("2 classes but its metadata key 'character' lists 1"));
}

TEST(Recognise, SaysWhatItFoundAndWhatIsSupported) {
  OnnxHeader header;
  header.inputs = {{"pixels", 1, {-1, 3, 640, 640}}};
  header.outputs = {{"boxes", 1, {-1, 6}}};

  const Error error = Recognise(header).error();

  EXPECT_EQ(error.code, ErrorCode::kBadModel);
  EXPECT_THAT(error.message, HasSubstr("pixels float32 [?,3,640,640]"));
  EXPECT_THAT(error.message, HasSubstr("boxes float32 [?,6]"));
  EXPECT_THAT(error.message, HasSubstr("supported is picodet"));
}

TEST(Recognise, RefusesCellsThatDoNotFitTheInput) {
  OnnxHeader header = SmallPicoDet();
  header.outputs[2].shape[1] = 5;

  EXPECT_FALSE(Recognise(header));
}

TEST(Recognise, RefusesMoreClassesOrBinsThanAnyModelHas) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  OnnxHeader bins = SmallPicoDet();
  for (std::size_t i = 4; i < 8; ++i) bins.outputs[i].shape[2] = kHuge;
  OnnxHeader classes = SmallPicoDet();
  for (std::size_t i = 0; i < 4; ++i) classes.outputs[i].shape[2] = 1001;

  EXPECT_THAT(Recognise(bins).error().message, HasSubstr("274877906944 distance bins; at most 1000 and 64"));
  EXPECT_THAT(Recognise(classes).error().message, HasSubstr("1001 classes"));
}

TEST(Recognise, RefusesAnInputBeyondAnyModel) {
  OnnxHeader header = SmallPicoDet();
  header.inputs[0].shape = {1, 3, 1 << 30, 1 << 30};

  EXPECT_FALSE(Recognise(header));
}

}  // namespace
}  // namespace doclayout::model
