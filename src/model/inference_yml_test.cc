#include "model/inference_yml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// As the official export of PP-DocLayoutV2 has it, with fewer labels.
constexpr std::string_view kOfficial = R"(mode: paddle
draw_threshold: 0.5
metric: COCO
use_dynamic_shape: false
Global:
  model_name: PP-DocLayoutV2
arch: DETR
min_subgraph_size: 3
Preprocess:
- interp: 2
  keep_ratio: false
  target_size:
  - 800
  - 640
  type: Resize
- mean:
  - 0.0
  - 0.0
  - 0.0
  norm_type: none
  std:
  - 1.0
  - 1.0
  - 1.0
  type: NormalizeImage
- type: Permute
label_list:
- abstract
- text
NMS:
  keep_top_k: 100
fpn_stride:
)";

std::string ErrorOf(std::string_view text) {
  const auto yml = ParseInferenceYml(text);
  return yml ? "no error" : yml.error().message;
}

TEST(InferenceYml, ReadsTheOfficialFile) {
  const auto yml = ParseInferenceYml(kOfficial);

  ASSERT_TRUE(yml) << yml.error().message;
  EXPECT_EQ(yml->model_name, "PP-DocLayoutV2");
  EXPECT_EQ(yml->family, Family::kPpDocLayoutV2);
  EXPECT_THAT(yml->labels, ElementsAre("abstract", "text"));
  EXPECT_EQ(yml->height, 800);
  EXPECT_EQ(yml->width, 640);
  EXPECT_EQ(yml->interpolation, Interpolation::kCubic);
  EXPECT_THAT(yml->normalisation->mean, ElementsAre(0, 0, 0));
  EXPECT_THAT(yml->normalisation->deviation, ElementsAre(1, 1, 1));
  EXPECT_EQ(yml->threshold, 0.5F);
  EXPECT_FALSE(yml->nms);
}

TEST(InferenceYml, ReadsPerClassValuesAsTheReferenceDoes) {
  const auto yml = ParseInferenceYml(
      "draw_threshold: {2: 0.3, text: 0.4}\n"
      "layout_nms: true\n"
      "layout_unclip_ratio: {0: [1.0, 1.1], 3: 1.5}\n"
      "layout_merge_bboxes_mode: {1: large, 2: union}\n");

  ASSERT_TRUE(yml) << yml.error().message;
  EXPECT_EQ(yml->threshold, 0.5F);
  EXPECT_THAT(yml->class_threshold, ElementsAre(Pair("2", 0.3F), Pair("text", 0.4F)));
  EXPECT_EQ(yml->nms, true);
  EXPECT_EQ(yml->unclip, (UnclipRatio{1, 1}));
  EXPECT_THAT(yml->class_unclip, ElementsAre(Pair("0", UnclipRatio{1.0, 1.1}), Pair("3", UnclipRatio{1.5, 1.5})));
  EXPECT_EQ(yml->merge, MergeMode::kUnion);
  EXPECT_THAT(yml->class_merge, ElementsAre(Pair("1", MergeMode::kLarge), Pair("2", MergeMode::kUnion)));
}

TEST(InferenceYml, ReadsOneValueForAllClasses) {
  const auto yml =
      ParseInferenceYml("layout_unclip_ratio: [1.1, 1.2]\nlayout_merge_bboxes_mode: small\ndraw_threshold: 1\n");

  ASSERT_TRUE(yml) << yml.error().message;
  EXPECT_EQ(yml->unclip, (UnclipRatio{1.1, 1.2}));
  EXPECT_EQ(yml->merge, MergeMode::kSmall);
  EXPECT_EQ(yml->threshold, 1.0F);
}

TEST(InferenceYml, TakesImageNetsNormalisationWhereNoneIsGiven) {
  const auto yml = ParseInferenceYml("Preprocess: [{type: NormalizeImage, is_scale: true}]");
  const auto none = ParseInferenceYml("Preprocess: [{type: NormalizeImage, norm_type: none}]");

  EXPECT_FLOAT_EQ(yml->normalisation->mean[0], 0.485F);
  EXPECT_FLOAT_EQ(yml->normalisation->deviation[2], 0.225F);
  EXPECT_THAT(none->normalisation->mean, ElementsAre(0, 0, 0));
}

TEST(InferenceYml, CountsPixelsFromZeroToOneWhateverTheFileDoes) {
  const auto yml =
      ParseInferenceYml("Preprocess: [{type: NormalizeImage, is_scale: false, mean: [255, 0, 51], std: [255, 1, 51]}]");

  EXPECT_THAT(yml->normalisation->mean, ElementsAre(1.0F, 0.0F, 0.2F));
  EXPECT_THAT(yml->normalisation->deviation, ElementsAre(1.0F, 1 / 255.0F, 0.2F));
}

TEST(InferenceYml, NamesWhatItDoesNotDo) {
  EXPECT_THAT(ErrorOf("Global: {model_name: YOLO}"), HasSubstr("Global.model_name 'YOLO' is not one of PP-DocLayout"));
  EXPECT_THAT(ErrorOf("Preprocess:\n- type: Resize\n  target_size: [8, 8]\n  keep_ratio: true"),
              HasSubstr("line 4: keep_ratio of Resize is not false"));
  EXPECT_THAT(ErrorOf("Preprocess: [{type: Resize, target_size: 8, interp: 9}]"),
              HasSubstr("interp of Resize is not 0"));
  EXPECT_THAT(ErrorOf("Preprocess: [{type: Pad}]"), HasSubstr("the step 'Pad' of Preprocess is not Resize"));
  EXPECT_THAT(ErrorOf("Preprocess: [{type: NormalizeImage, norm_type: min_max}]"), HasSubstr("not none or mean_std"));
}

TEST(InferenceYml, NamesValuesOutOfRange) {
  for (std::string_view size : {"0", "-1", "4097", "1.5", "[8]", "[8, 8, 8]", "{}", "big", "nan", "1e9"}) {
    EXPECT_THAT(ErrorOf(fmt::format("Preprocess: [{{type: Resize, target_size: {}}}]", size)), HasSubstr("target_size"))
        << size;
  }
  for (std::string_view threshold : {"1.01", "-0.1", "nan", "inf", "high", "[0.5]", "{1: 2}", "\"\""}) {
    EXPECT_THAT(ErrorOf(fmt::format("draw_threshold: {}", threshold)), HasSubstr("number from 0 to 1")) << threshold;
  }
  for (std::string_view ratio : {"0", "-1", "101", "[1]", "[1, 0]", "{1: [1, 2, 3]}"}) {
    EXPECT_THAT(ErrorOf(fmt::format("layout_unclip_ratio: {}", ratio)), HasSubstr("number up to 100")) << ratio;
  }
  EXPECT_THAT(ErrorOf("Preprocess: [{type: NormalizeImage, std: [1, 0, 1]}]"), HasSubstr("std of NormalizeImage"));
  EXPECT_THAT(ErrorOf("Preprocess: [{type: NormalizeImage, mean: [1, 0]}]"), HasSubstr("a list of three numbers"));
  EXPECT_THAT(ErrorOf("layout_merge_bboxes_mode: both"), HasSubstr("union, large or small"));
  EXPECT_THAT(ErrorOf("layout_nms: maybe"), HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf("label_list: [text, text]"), HasSubstr("'text' twice"));
  EXPECT_THAT(ErrorOf("label_list: []"), HasSubstr("a list of 1 to 1000 labels"));
}

TEST(InferenceYml, RefusesWhatIsNoFileOfSettings) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("not a map of settings"));
  EXPECT_THAT(ErrorOf("- a\n- b\n"), HasSubstr("not a map of settings"));
  EXPECT_THAT(ErrorOf("a: [1, 2\nb: 3"), HasSubstr("line 2"));
  EXPECT_THAT(ErrorOf("a: 1\na: 2"), HasSubstr("line 2: the key 'a' occurs twice"));
  EXPECT_THAT(ErrorOf("[1, 2]: 3"), HasSubstr("a key is not a word or a number"));
  EXPECT_THAT(ErrorOf(std::string((1 << 20) + 1, '#')), HasSubstr("at most 1048576 are read"));
}

TEST(InferenceYml, RefusesBombs) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) laughs += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}]\n", i, i - 1);

  EXPECT_THAT(ErrorOf(laughs), HasSubstr("more than 5000 values"));
  EXPECT_THAT(ErrorOf("a: &a [*a]"), HasSubstr("line 1: an alias stands for what it is itself a part of"));
  EXPECT_THAT(ErrorOf("a: &a x\n*a : 1"), HasSubstr("line 2: a key is an alias"));
  // Each line puts what is before it one level down.
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) tower += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  EXPECT_THAT(ErrorOf(tower), HasSubstr("more than 32 levels"));
  EXPECT_THAT(ErrorOf("a: " + std::string(100, '[') + std::string(100, ']')), HasSubstr("more than 32 levels"));
  EXPECT_THAT(ErrorOf("a: " + std::string(100'000, '[')), testing::Ne("no error"));
  EXPECT_THAT(ErrorOf(std::string(300'000, '{')), testing::Ne("no error"));
}

TEST(InferenceYml, AFamilyThatWasSaidMustBeTheFiles) {
  const auto yml = ParseInferenceYml(kOfficial);

  EXPECT_EQ(CluesOf(*yml, std::nullopt)->family, Family::kPpDocLayoutV2);
  EXPECT_EQ(CluesOf(*yml, Family::kPpDocLayoutV2)->family_source, "--family");
  EXPECT_THAT(CluesOf(*yml, Family::kPpDocLayoutV3).error().message,
              HasSubstr("--family says pp-doclayoutv3, but inference.yml is of PP-DocLayoutV2"));
}

TEST(InferenceYml, ReplacesTheFamilysDefaults) {
  ModelCard card{.labels = {"text", "seal"}};
  card.family = Family::kPpDocLayoutV2;
  card.defaults.class_threshold = {{"seal", 0.45F}};
  card.defaults.merge = MergeMode::kUnion;

  ASSERT_TRUE(Apply(*ParseInferenceYml("draw_threshold: 0.6"), card));

  EXPECT_EQ(card.defaults.threshold, 0.6F);
  EXPECT_TRUE(card.defaults.class_threshold.empty());
  EXPECT_EQ(card.defaults.merge, MergeMode::kUnion);
}

}  // namespace
}  // namespace doclayout::model
