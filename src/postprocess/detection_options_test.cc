#include "postprocess/detection_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

using testing::HasSubstr;

/// Of four classes, with masks; class 1 has a threshold and class 2 a merge mode of its own.
model::ModelCard Card() {
  model::ModelCard card;
  card.name = "v3";
  card.family = model::Family::kPpDocLayoutV3;
  card.labels = {"text", "image", "table", "number"};
  card.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7, .count = {}, .masks = 1};
  card.defaults = {.threshold = 0.3F,
                   .nms = true,
                   .class_threshold = {{"image", 0.6F}},
                   .merge = MergeMode::kUnion,
                   .class_merge = {{"2", MergeMode::kLarge}},
                   .unclip = UnclipRatio{1, 1},
                   .shape = RegionShape::kAuto,
                   .overlap_filter = true,
                   .unordered_labels = std::vector<std::string>{"image"}};
  return card;
}

std::vector<float> Thresholds(const DetectionOptions& options) {
  std::vector<float> thresholds;
  for (const ClassOptions& of_class : options.classes) thresholds.push_back(of_class.threshold);
  return thresholds;
}

std::string Refusal(const model::ModelCard& card, const AnalyzeParameters& parameters) {
  const auto checked = CheckParameters(card, parameters);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::kBadParameter);
  return checked.error().message;
}

TEST(DetectionOptions, AreTheModelsOwnUnlessTheCallerChooses) {
  const auto options = ResolveOptions(Card(), {});

  ASSERT_TRUE(options);
  EXPECT_THAT(Thresholds(*options), testing::ElementsAre(0.3F, 0.6F, 0.3F, 0.3F));
  EXPECT_TRUE(options->class_thresholds);
  EXPECT_TRUE(options->class_merge);
  EXPECT_EQ(options->classes[2].merge, MergeMode::kLarge);
  EXPECT_TRUE(options->overlap_filter);
  EXPECT_EQ(options->shape, RegionShape::kAuto);
  EXPECT_FALSE(options->classes[1].ordered);
  EXPECT_TRUE(options->classes[0].ordered);
}

TEST(DetectionOptions, ASingleValueReplacesTheModelsForClasses) {
  const auto options = ResolveOptions(Card(), {.threshold = 0.5F, .merge = MergeMode::kSmall});

  EXPECT_THAT(Thresholds(*options), testing::Each(0.5F));
  EXPECT_FALSE(options->class_thresholds);
  EXPECT_FALSE(options->class_merge);
  EXPECT_EQ(options->merge, MergeMode::kSmall);
  EXPECT_EQ(options->classes[2].merge, MergeMode::kSmall);
}

TEST(DetectionOptions, ValuesOfClassesGoOnTopOfTheSingleValue) {
  const auto options = ResolveOptions(Card(), {.threshold = 0.5F, .class_threshold = {{"table", 0.7F}, {"3", 0.9F}}});

  EXPECT_THAT(Thresholds(*options), testing::ElementsAre(0.5F, 0.5F, 0.7F, 0.9F));
  EXPECT_EQ(options->threshold, 0.5F);
}

TEST(DetectionOptions, ValuesOfClassesAloneGoOnTopOfTheModels) {
  const auto options = ResolveOptions(Card(), {.class_threshold = {{"text", 0.4F}}, .class_unclip = {{"0", {1.5, 2}}}});

  EXPECT_THAT(Thresholds(*options), testing::ElementsAre(0.4F, 0.6F, 0.3F, 0.3F));
  EXPECT_EQ(options->classes[0].unclip, (UnclipRatio{1.5, 2}));
  EXPECT_EQ(options->classes[1].unclip, (UnclipRatio{1, 1}));
}

TEST(DetectionOptions, ALabelThatIsANumberIsFoundByName) {
  model::ModelCard card = Card();
  card.labels = {"1", "0"};
  card.defaults = {};

  EXPECT_THAT(Thresholds(*ResolveOptions(card, {.class_threshold = {{"1", 0.9F}}})), testing::ElementsAre(0.9F, 0.5F));
}

TEST(DetectionOptions, KeepDecimalsOnlyOfTheFamilyWhoseReferenceDoes) {
  model::ModelCard card = Card();
  EXPECT_TRUE(ResolveOptions(card, {})->whole_pixels);

  card.family = model::Family::kPpDocLayout;
  EXPECT_FALSE(ResolveOptions(card, {})->whole_pixels);
}

TEST(CheckParameters, NamesAnUnknownClassAndTheKnownOnes) {
  for (const char* key : {"figure", "4", "-1", "1.0", "", "99999999999999999999"}) {
    EXPECT_THAT(
        Refusal(Card(), {.class_merge = {{key, MergeMode::kLarge}}}),
        HasSubstr("class_merge: the model has no class '" + std::string(key) + "'; its classes are text, image"));
  }
  EXPECT_THAT(Refusal(Card(), {.unordered_labels = std::vector<std::string>{"0"}}), HasSubstr("unordered_labels"));
}

TEST(CheckParameters, RefusesTwoValuesForOneClass) {
  EXPECT_THAT(Refusal(Card(), {.class_threshold = {{"0", 0.1F}, {"text", 0.2F}}}), HasSubstr("two values"));
}

TEST(CheckParameters, RefusesShapesOfMasksThatTheModelDoesNotGive) {
  model::ModelCard card = Card();
  EXPECT_EQ(Refusal(card, {.shape = RegionShape::kPoly, .polygon_width = PolygonWidth::kExact}), "");

  std::get<model::DetectionOutputs>(card.outputs).masks.reset();

  EXPECT_THAT(Refusal(card, {.shape = RegionShape::kPoly}), HasSubstr("no masks"));
  EXPECT_THAT(Refusal(card, {.polygon_width = PolygonWidth::kExact}), HasSubstr("polygon_width"));
  EXPECT_EQ(Refusal(card, {.shape = RegionShape::kAuto}), "");
  EXPECT_EQ(ResolveOptions(card, {.shape = RegionShape::kAuto})->shape, RegionShape::kRect);
}

TEST(CheckParameters, RefusesOfPicoDetWhatHasNoEffect) {
  model::ModelCard card = Card();
  card.name = "cdla";
  card.outputs = model::PicoDetOutputs{};
  card.defaults = {};

  EXPECT_EQ(Refusal(card, {.threshold = 0.4F, .nms = false, .unordered_labels = std::vector<std::string>{"table"}}),
            "");
  EXPECT_THAT(Refusal(card, {.merge = MergeMode::kUnion}), HasSubstr("'merge' has no effect with the model cdla"));
  EXPECT_THAT(Refusal(card, {.shape = RegionShape::kRect}), HasSubstr("'shape'"));
  EXPECT_THAT(Refusal(card, {.overlap_filter = false}), HasSubstr("'overlap_filter'"));
}

}  // namespace
}  // namespace doclayout::postprocess
