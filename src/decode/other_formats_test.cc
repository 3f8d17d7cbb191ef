#include "decode/other_formats.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "decode/document.h"

namespace doclayout::decode {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string_view Name(std::string_view text) {
  return NameOtherFormat({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST(OtherFormats, KnowsNetpbmTextAndBinary) {
  EXPECT_EQ(Name("P6\n2 2\n255\n\0\1\2\3\4\5\6\7\x08\x09\x0A\x0B"sv), "a PPM image");
  EXPECT_EQ(Name("P3\n# a comment\n2 2\n255\n1 2 3"), "a PPM image");
  EXPECT_EQ(Name("P5 2 2 255\n\x80\x90\xA0\xB0"), "a PGM image");
  EXPECT_EQ(Name("P4\n8 1\n\xFF"), "a PBM image");
  EXPECT_EQ(Name("P7\nWIDTH 2\n"), "a PAM image");
}

TEST(OtherFormats, TextThatOnlyBeginsLikeNetpbmIsText) {
  EXPECT_EQ(Name("P6 is a hotel in Oldhaven."), "text");
  EXPECT_EQ(Name("P60 and P61 are motorways."), "text");
}

TEST(OtherFormats, KnowsWhatTelephonesAndOfficesSend) {
  EXPECT_EQ(Name("\0\0\0\x18"
                 "ftypheic\0\0\0\0"sv),
            "an HEIC image");
  EXPECT_EQ(Name("\0\0\0\x1C"
                 "ftypavif\0\0\0\0"sv),
            "an AVIF image");
  EXPECT_EQ(Name("\0\0\0\x0CjP  \r\n\x87\n"sv), "a JPEG 2000 image");
  EXPECT_EQ(Name("PK\3\4\x14\0\6\0"sv), "a ZIP archive or an office document");
}

TEST(OtherFormats, TellsTextFromNoise) {
  EXPECT_EQ(Name("Dear Sir or Madam,\n"), "text");
  EXPECT_EQ(Name("Gr\xFC\xDF"
                 "e aus M\xFCnchen"),
            "text");  // Latin-1
  EXPECT_EQ(Name("海岸档案研究"), "text");
  EXPECT_EQ(Name("\xFE\xFD\xFC\xFB\xFA\xF9"), "");
  EXPECT_EQ(Name("some\0thing"sv), "");
  EXPECT_EQ(Name(""), "");
}

TEST(OtherFormats, TheRefusalSaysWhatItIsAndWhatIsRead) {
  const std::string ppm = "P6\n1 1\n255\nabc";

  const auto document = OpenDocument({reinterpret_cast<const std::uint8_t*>(ppm.data()), ppm.size()}, {});

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kUnsupportedMedia);
  EXPECT_EQ(document.error().message,
            "The file is a PPM image, which is not read; JPEG, PNG, WebP, TIFF and BMP are read.");
}

}  // namespace
}  // namespace doclayout::decode
