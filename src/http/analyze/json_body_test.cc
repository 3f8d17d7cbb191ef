#include "http/analyze/json_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view body) {
  const auto result = ParseJsonBody(body);
  if (result) return "no error";
  EXPECT_EQ(result.error().code, ErrorCode::kBadRequest);
  return result.error().message;
}

TEST(JsonBody, GivesTheImage) {
  EXPECT_EQ(ParseJsonBody(R"( {"image": "Zg=="} )").value(), "Zg==");
  EXPECT_EQ(ParseJsonBody(R"({"image": "a\/b"})").value(), "a/b");
}

TEST(JsonBody, RefusesAnotherShapeAndSaysWhich) {
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("no key 'image'"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("an array"));
  EXPECT_THAT(ErrorOf("\"image\""), HasSubstr("a string"));
  EXPECT_THAT(ErrorOf("null"), HasSubstr("null"));
  EXPECT_THAT(ErrorOf(R"({"image": 1})"), HasSubstr("a number"));
  EXPECT_THAT(ErrorOf(R"({"image": null})"), HasSubstr("null"));
  EXPECT_THAT(ErrorOf(R"({"image": {"image": "Zg=="}})"), HasSubstr("an object"));
  EXPECT_THAT(ErrorOf(R"({"image": ["Zg=="]})"), HasSubstr("an array"));
}

TEST(JsonBody, NamesAnotherKey) {
  EXPECT_THAT(ErrorOf(R"({"image": "Zg==", "threshold": 0.5})"), HasSubstr("'threshold'"));
}

TEST(JsonBody, RefusesTheKeyTwice) {
  EXPECT_THAT(ErrorOf(R"({"image": "a", "image": "b"})"), HasSubstr("twice"));
}

TEST(JsonBody, RefusesWhatIsNotJson) {
  for (const char* body :
       {"", "{", R"({"image")", R"({"image": "Zg=="} x)", R"({'image': 'Zg=='})", "{\"image\": \"\xff\"}"}) {
    EXPECT_THAT(ErrorOf(body), HasSubstr("not valid JSON")) << body;
  }
}

TEST(JsonBody, StopsAtTheSecondOfAHundredThousandLevels) {
  EXPECT_THAT(ErrorOf(std::string(100'000, '[')), HasSubstr("an array"));
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += R"({"image":)";

  EXPECT_THAT(ErrorOf(nested), HasSubstr("an object"));
}

}  // namespace
}  // namespace doclayout::http
