#include "http/header_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

using testing::ElementsAre;

TEST(HeaderValue, ReadsQuotedAndPlainParameters) {
  const auto value = ParseHeaderValue(R"(Form-Data ; Name=file; filename="a;b \"c\".png" )");

  ASSERT_TRUE(value);
  EXPECT_EQ(value->value, "form-data");
  EXPECT_EQ(*value->Find("name"), "file");
  EXPECT_EQ(*value->Find("filename"), "a;b \"c\".png");
  EXPECT_EQ(value->Find("other"), nullptr);
}

TEST(HeaderValue, ToleratesASemicolonAtTheEnd) {
  EXPECT_TRUE(ParseHeaderValue("text/plain;"));
}

TEST(HeaderValue, RefusesWhatIsNotOfThatForm) {
  for (const char* text :
       {"", " ", ";a=b", "x; a", "x; a=", "x; =b", "x; a=\"open", "x; a=b; A=c", "x; a=b c=d", "x; a b=c"}) {
    EXPECT_FALSE(ParseHeaderValue(text)) << text;
  }
}

TEST(HeaderValue, RefusesMoreParametersThanAnybodyNeeds) {
  std::string value = "image/png";
  for (int i = 0; i < 32; ++i) value += ";p" + std::to_string(i) + "=1";

  EXPECT_TRUE(ParseHeaderValue(value));
  EXPECT_FALSE(ParseHeaderValue(value + ";one=more"));
}

TEST(SplitList, LeavesQuotedCommasAlone) {
  EXPECT_THAT(SplitList(R"(a, b;x="1,2" ,c)"), ElementsAre("a", R"(b;x="1,2")", "c"));
}

}  // namespace
}  // namespace doclayout::http
