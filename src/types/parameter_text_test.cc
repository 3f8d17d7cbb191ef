#include "types/parameter_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace doclayout {
namespace {

bool Read(std::string_view name, std::string_view text, AnalyzeParameters& parameters) {
  const auto texts = ParameterTexts();
  const auto found = std::find_if(texts.begin(), texts.end(), [&](const auto& entry) { return entry.name == name; });
  return found != texts.end() && found->read(text, parameters);
}

bool Takes(std::string_view name, std::string_view text) {
  AnalyzeParameters parameters;
  return Read(name, text, parameters);
}

TEST(ParameterText, EveryExampleIsTaken) {
  for (const ParameterText& text : ParameterTexts()) {
    AnalyzeParameters parameters;

    EXPECT_TRUE(text.read(text.example, parameters)) << text.name;
  }
}

TEST(ParameterText, ReadsValuesForSomeClasses) {
  AnalyzeParameters parameters;

  ASSERT_TRUE(Read("class_threshold", "5:0.4,text:0.5", parameters));
  ASSERT_TRUE(Read("class_merge", "3:large,table:small", parameters));
  ASSERT_TRUE(Read("class_unclip", "5:1.1x1.2,text:1.05", parameters));

  EXPECT_THAT(parameters.class_threshold, testing::ElementsAre(testing::Pair("5", 0.4F), testing::Pair("text", 0.5F)));
  EXPECT_EQ(parameters.class_merge.at("table"), MergeMode::kSmall);
  EXPECT_EQ(parameters.class_unclip.at("5"), (UnclipRatio{1.1, 1.2}));
  EXPECT_EQ(parameters.class_unclip.at("text"), (UnclipRatio{1.05, 1.05}));
}

TEST(ParameterText, ReadsOneUnclipForBothDirections) {
  AnalyzeParameters parameters;

  ASSERT_TRUE(Read("unclip", "1.5", parameters));

  EXPECT_EQ(parameters.unclip, (UnclipRatio{1.5, 1.5}));
}

TEST(ParameterText, ReadsThatEveryLabelIsOrdered) {
  AnalyzeParameters parameters;

  ASSERT_TRUE(Read("unordered_labels", "none", parameters));

  EXPECT_THAT(parameters.unordered_labels, testing::Optional(testing::IsEmpty()));
}

TEST(ParameterText, RefusesWhatIsOutOfRangeOrNoNumber) {
  for (const char* text : {"", "1.1", "-0.1", "nan", "inf", "0.5x", " 0.5", "5:0.4"}) {
    EXPECT_FALSE(Takes("threshold", text)) << text;
  }
  for (const char* text : {"", "0", "-1", "101", "nan", "1,", ",1", "1,2,3", "1x2"}) {
    EXPECT_FALSE(Takes("unclip", text)) << text;
  }
}

TEST(ParameterText, RefusesMapsThatAreNotWhole) {
  for (const char* text : {"", "5", "5:", ":0.5", "5:0.4,", ",5:0.4", "5:0.4,5:0.5", "5:2", "5:0.4;6:0.5"}) {
    EXPECT_FALSE(Takes("class_threshold", text)) << text;
  }
  EXPECT_FALSE(Takes("class_merge", "5:both"));
  EXPECT_FALSE(Takes("class_unclip", "5:1.1,1.2"));
}

TEST(ParameterText, RefusesMoreEntriesThanAnyModelHasClasses) {
  std::string text = "0:0.5";
  for (int i = 1; i <= 1000; ++i) text += "," + std::to_string(i) + ":0.5";

  EXPECT_FALSE(Takes("class_threshold", text));
}

}  // namespace
}  // namespace doclayout
