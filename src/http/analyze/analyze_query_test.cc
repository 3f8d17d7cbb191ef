#include "http/analyze/analyze_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

TEST(AnalyzeQuery, LeavesTheModelItsDefaults) {
  const AnalyzeQuery query = ParseAnalyzeQuery("").value();

  EXPECT_FALSE(query.parameters.threshold);
  EXPECT_FALSE(query.parameters.nms);
  EXPECT_EQ(query.format, OutputFormat::kJson);
}

TEST(AnalyzeQuery, ReadsAllParameters) {
  const AnalyzeQuery query = ParseAnalyzeQuery("threshold=0.25&nms=off&format=png").value();

  EXPECT_FLOAT_EQ(query.parameters.threshold.value(), 0.25F);
  EXPECT_EQ(query.parameters.nms, false);
  EXPECT_EQ(query.format, OutputFormat::kPng);
}

TEST(AnalyzeQuery, ReadsHowPagesAreDecoded) {
  EXPECT_FALSE(ParseAnalyzeQuery("").value().decode);
  EXPECT_EQ(ParseAnalyzeQuery("decode=exact").value().decode, DecodeMode::kExact);
  EXPECT_EQ(ParseAnalyzeQuery("decode=fast").value().decode, DecodeMode::kFast);
}

TEST(AnalyzeQuery, ReadsValuesOfSingleClasses) {
  const AnalyzeQuery query =
      ParseAnalyzeQuery("class_threshold=5:0.4,text:0.5&class_unclip=5%3A1.1x1.2&shape=quad").value();

  EXPECT_FLOAT_EQ(query.parameters.class_threshold.at("text"), 0.5F);
  EXPECT_EQ(query.parameters.class_unclip.at("5"), (UnclipRatio{1.1, 1.2}));
  EXPECT_EQ(query.parameters.shape, RegionShape::kQuad);
}

TEST(AnalyzeQuery, TakesTheEndsOfTheRange) {
  for (const char* text : {"0", "1", "1.0", "0.0", "1e-3"}) {
    EXPECT_TRUE(ParseAnalyzeQuery(std::string("threshold=") + text)) << text;
  }
}

TEST(AnalyzeQuery, RefusesAThresholdThatIsNotFromZeroToOne) {
  for (const char* text : {"abc", "-1", "2", "nan", "inf", "-inf", "", "0.5x", "%200.5", "0,5", "1e999", "0x1"}) {
    const auto result = ParseAnalyzeQuery(std::string("threshold=") + text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::kBadParameter);
    EXPECT_THAT(result.error().message, HasSubstr("'threshold'"));
    EXPECT_THAT(result.error().message, HasSubstr("a number from 0 to 1"));
  }
}

TEST(AnalyzeQuery, RefusesOtherValuesAndSaysWhatIsAllowed) {
  EXPECT_THAT(ParseAnalyzeQuery("nms=yes").error().message, HasSubstr("true, false, 1, 0, on or off"));
  EXPECT_THAT(ParseAnalyzeQuery("nms").error().message, HasSubstr("true, false, 1, 0, on or off"));
  EXPECT_THAT(ParseAnalyzeQuery("class_merge=5:both").error().message,
              HasSubstr("the parameter 'class_merge' is '5:both'; allowed is CLASS:union|large|small"));
  EXPECT_THAT(ParseAnalyzeQuery("format=xml").error().message, HasSubstr("json or png"));
}

TEST(AnalyzeQuery, ReadsWhatTheServiceIsAskedFor) {
  const AnalyzeQuery query = ParseAnalyzeQuery("timeout_ms=2500&priority=bulk").value();

  EXPECT_EQ(query.timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(query.priority, scheduler::Priority::kBulk);
  EXPECT_EQ(ParseAnalyzeQuery("").value().timeout, std::nullopt);
  EXPECT_EQ(ParseAnalyzeQuery("").value().priority, std::nullopt);
}

TEST(AnalyzeQuery, RefusesATimeoutThatIsNoneAndSaysWhatIsAllowed) {
  for (const char* text : {"0", "-5", "3600001", "99999999999999999999", "1.5", "2s", "%202", "", "%2B2"}) {
    const auto result = ParseAnalyzeQuery(std::string("timeout_ms=") + text);
    ASSERT_FALSE(result) << text;
    EXPECT_THAT(result.error().message, HasSubstr("a whole number from 1 to 3600000")) << text;
  }
  EXPECT_TRUE(ParseAnalyzeQuery("timeout_ms=1"));
  EXPECT_TRUE(ParseAnalyzeQuery("timeout_ms=3600000"));
  EXPECT_THAT(ParseAnalyzeQuery("priority=high").error().message, HasSubstr("interactive or bulk"));
}

TEST(AnalyzeQuery, NamesAnUnknownParameter) {
  const auto result = ParseAnalyzeQuery("treshold=0.5");

  EXPECT_EQ(result.error().code, ErrorCode::kBadParameter);
  EXPECT_THAT(result.error().message, HasSubstr("'treshold'"));
  EXPECT_THAT(result.error().message,
              HasSubstr("threshold, class_threshold, nms, merge, class_merge, unclip, class_unclip, shape, "
                        "overlap_filter, polygon_width, unordered_labels, format, decode, timeout_ms, priority"));
}

TEST(AnalyzeQuery, HasOneTextForQueriesThatAskForTheSame) {
  const auto canonical = [](const char* encoded) { return ParseAnalyzeQuery(encoded).value().canonical; };

  EXPECT_EQ(canonical("nms=1&threshold=0.5"), canonical("threshold=%30.5&format=png&nms=1&timeout_ms=5&priority=bulk"));
  EXPECT_EQ(canonical("format=json"), "");
  EXPECT_NE(canonical("decode=fast"), canonical("decode=exact"));
  EXPECT_NE(canonical("threshold=0.5"), canonical("threshold=0.50"));
  EXPECT_NE(canonical("shape=rect&unordered_labels=a"), canonical("shape=rect"));
  EXPECT_NE(canonical("shape=rect&unordered_labels=a"), canonical("unordered_labels=a%3Bshape=rect"));
}

TEST(AnalyzeQuery, RefusesAParameterGivenTwice) {
  EXPECT_EQ(ParseAnalyzeQuery("nms=1&nms=1").error().code, ErrorCode::kBadParameter);
}

}  // namespace
}  // namespace doclayout::http
