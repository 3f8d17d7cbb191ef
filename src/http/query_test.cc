#include "http/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

TEST(Query, IsEmptyForNoText) {
  EXPECT_TRUE(ParseQuery("").value().empty());
}

TEST(Query, DecodesNamesAndValues) {
  const auto parameters = ParseQuery("a%20b=%C3%A4&c=d%3De&f").value();

  ASSERT_EQ(parameters.size(), 3U);
  EXPECT_EQ(parameters[0].name, "a b");
  EXPECT_EQ(parameters[0].value, "ä");
  EXPECT_EQ(parameters[1].value, "d=e");
  EXPECT_EQ(parameters[2].name, "f");
  EXPECT_EQ(parameters[2].value, "");
}

TEST(Query, IgnoresEmptyPieces) {
  for (const char* text : {"threshold=0.5&", "&threshold=0.5", "&&threshold=0.5&&"}) {
    const auto parameters = ParseQuery(text).value();

    ASSERT_EQ(parameters.size(), 1U) << text;
    EXPECT_EQ(parameters[0].name, "threshold");
    EXPECT_EQ(parameters[0].value, "0.5");
  }
  EXPECT_TRUE(ParseQuery("&").value().empty());
}

TEST(Query, RefusesMoreParametersThanAnybodyNeeds) {
  std::string query = "p0=";
  for (int i = 1; i < 64; ++i) query += "&p" + std::to_string(i) + "=";

  EXPECT_EQ(ParseQuery(query)->size(), 64U);
  EXPECT_EQ(ParseQuery(query + "&one_more=").error().code, ErrorCode::kBadParameter);
}

TEST(Query, KeepsAValueWithoutAName) {
  EXPECT_EQ(ParseQuery("=x").value().at(0).value, "x");
}

TEST(Query, RefusesANameGivenTwiceHoweverItIsWritten) {
  const auto result = ParseQuery("nms=1&n%6ds=0");

  EXPECT_EQ(result.error().code, ErrorCode::kBadParameter);
  EXPECT_THAT(result.error().message, HasSubstr("'nms'"));
}

TEST(Query, StaysWithinItsText) {
  const std::vector<char> bytes = {'a', '=', 'b'};  // with nothing behind it that a sanitizer would let be read

  const auto parameters = ParseQuery({bytes.data(), bytes.size()}).value();

  EXPECT_EQ(parameters.at(0).value, "b");
}

TEST(Query, RefusesBrokenEncoding) {
  for (const char* text : {"a=%", "a=%2", "a=%zz", "a=\x80", "a=b c", "a=\"", "a#b"}) {
    EXPECT_EQ(ParseQuery(text).error().code, ErrorCode::kBadRequest) << text;
  }
}

}  // namespace
}  // namespace doclayout::http
