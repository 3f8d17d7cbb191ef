#include "http/analyze/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

std::string Decoded(std::string text) {
  const auto result = DecodeBase64(text);
  return result ? text : "error: " + result.error().message;
}

TEST(Base64, DecodesTheVectorsOfRfc4648) {
  EXPECT_EQ(Decoded(""), "");
  EXPECT_EQ(Decoded("Zg=="), "f");
  EXPECT_EQ(Decoded("Zm8="), "fo");
  EXPECT_EQ(Decoded("Zm9v"), "foo");
  EXPECT_EQ(Decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(Decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(Decoded("Zm9vYmFy"), "foobar");
}

TEST(Base64, DecodesEveryByte) {
  EXPECT_EQ(Decoded("AP/+gA=="), std::string("\x00\xff\xfe\x80", 4));
}

TEST(Base64, RefusesOtherCharactersAndSaysWhere) {
  EXPECT_THAT(Decoded("Zm9v Zm9v"), HasSubstr("0x20 at offset 4"));
  EXPECT_THAT(Decoded("Zm9v\nZm9v"), HasSubstr("0x0a at offset 4"));
  EXPECT_THAT(Decoded("Zm9-"), HasSubstr("0x2d at offset 3"));
  EXPECT_THAT(Decoded("Zm\xff="), HasSubstr("0xff at offset 2"));
  EXPECT_THAT(Decoded("Zg==Zg=="), HasSubstr("0x3d at offset 2"));
  EXPECT_THAT(Decoded("A==="), HasSubstr("0x3d at offset 1"));
  EXPECT_THAT(Decoded("===="), HasSubstr("0x3d at offset 0"));
}

TEST(Base64, RefusesALengthThatIsNotPadded) {
  for (const char* text : {"Z", "Zg", "Zm8", "Zm9vY", "Zg=", "Zm9vYg="}) {
    EXPECT_THAT(Decoded(text), HasSubstr("multiple of 4")) << text;
  }
}

TEST(Base64, RefusesUnusedBitsThatAreNotZero) {
  EXPECT_THAT(Decoded("Zh=="), HasSubstr("not zero"));
  EXPECT_THAT(Decoded("Zm9="), HasSubstr("not zero"));
}

TEST(Base64, ExplainsADataUrl) {
  EXPECT_THAT(Decoded("data:image/png;base64,Zg=="), HasSubstr("data URL"));
}

}  // namespace
}  // namespace doclayout::http
