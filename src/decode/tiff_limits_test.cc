#include <gmock/gmock.h>
#include <tiffio.h>

#include "decode/document.h"
#include "decode/testing/encode.h"
#include "decode/testing/tiff_pages.h"

// What a TIFF must not be: over a limit, broken, or of a kind that is not read.

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::HasSubstr;

TEST(TiffLimits, RefusesTooManyPages) {
  const Bytes tiff = EncodeTiff({RgbPage(1, 1), RgbPage(1, 1), RgbPage(1, 1), RgbPage(1, 1)});

  const auto document = OpenDocument(tiff, {.max_pages = 3});

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(document.error().message, HasSubstr("more than 3 pages"));
  EXPECT_TRUE(OpenDocument(tiff, {.max_pages = 4}));
}

TEST(TiffLimits, RefusesTooManyPixelsOverAllPages) {
  const Bytes tiff = EncodeTiff({RgbPage(5, 3), RgbPage(7, 9), RgbPage(4, 5)});

  const auto document = OpenDocument(tiff, {.max_document_pixels = 97});

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(document.error().message,
              HasSubstr("98 pixels up to page 3; at most 97 are allowed (MAX_DOCUMENT_PIXELS)"));
  EXPECT_TRUE(OpenDocument(tiff, {.max_document_pixels = 98}));
}

TEST(TiffLimits, HoldForEveryPage) {
  const Bytes tiff = EncodeTiff({RgbPage(5, 3), RgbPage(40, 30)});

  EXPECT_EQ(OpenDocument(tiff, {.max_pixels = 1199}).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(OpenDocument(tiff, {.max_dimension = 39}).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(OpenDocument(tiff, {.max_pixels = 1200}));
}

/// A little-endian TIFF out of its entries, one directory at byte 8.
class TiffBuilder {
 public:
  TiffBuilder& Long(std::uint16_t tag, std::uint32_t value) {
    AppendLittle16(entries_, tag);
    AppendLittle16(entries_, 4);
    AppendLittle32(entries_, 1);
    AppendLittle32(entries_, value);
    ++count_;
    return *this;
  }

  Bytes Build(std::uint32_t next_directory, const Bytes& data = {}) const {
    Bytes tiff;
    Append(tiff, {"II*\0", 4});
    AppendLittle32(tiff, 8);
    AppendLittle16(tiff, count_);
    tiff.insert(tiff.end(), entries_.begin(), entries_.end());
    AppendLittle32(tiff, next_directory);
    tiff.insert(tiff.end(), data.begin(), data.end());
    return tiff;
  }

 private:
  Bytes entries_;
  std::uint16_t count_ = 0;
};

/// Gray, 8 bits, uncompressed, its pixels at byte 8.
TiffBuilder Directory(std::uint32_t width, std::uint32_t height) {
  TiffBuilder builder;
  builder.Long(256, width).Long(257, height).Long(258, 8).Long(259, 1).Long(262, 1).Long(273, 8).Long(277, 1);
  builder.Long(278, height).Long(279, width * height);
  return builder;
}

TEST(TiffLimits, ReadsTheBuilder) {
  EXPECT_TRUE(ReadTiff(Directory(1, 1).Build(0)));
}

TEST(TiffLimits, RefusesDirectoryLoops) {
  const auto to_itself = ReadTiff(Directory(1, 1).Build(8));
  const auto beyond_the_end = ReadTiff(Directory(1, 1).Build(0x7FFF'FFFF));

  ASSERT_FALSE(to_itself);
  EXPECT_EQ(to_itself.error().code, ErrorCode::kUndecodable);
  ASSERT_FALSE(beyond_the_end);
  EXPECT_EQ(beyond_the_end.error().code, ErrorCode::kUndecodable);
}

TEST(TiffLimits, RefusesSizesThatAreNotThere) {
  EXPECT_EQ(ReadTiff(Directory(1000, 1000).Build(0)).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(ReadTiff(Directory(0xFFFF'FFFF, 0xFFFF'FFFF).Build(0)).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(ReadTiff(Directory(60'000, 60'000).Build(0)).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(ReadTiff(Directory(0, 5).Build(0)).error().code, ErrorCode::kUndecodable);
}

TEST(TiffLimits, RefusesTileBombs) {
  TiffBuilder builder;
  builder.Long(256, 1).Long(257, 1).Long(258, 8).Long(259, 8).Long(262, 1).Long(277, 1);
  builder.Long(322, 1 << 20).Long(323, 1 << 20).Long(324, 8).Long(325, 8);

  EXPECT_EQ(ReadTiff(builder.Build(0)).error().code, ErrorCode::kTooLarge);
}

TEST(TiffLimits, NamesACompressionThatIsNotRead) {
  TiffBuilder builder;
  builder.Long(256, 1).Long(257, 1).Long(258, 8).Long(259, 34661).Long(262, 1).Long(273, 8).Long(277, 1);
  builder.Long(278, 1).Long(279, 1);

  const auto page = ReadTiff(builder.Build(0));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(page.error().message, HasSubstr("34661"));
}

TEST(TiffLimits, RefusesAKindOfPixelThatIsNotRead) {
  TiffPageSpec spec = GrayPage(1, 1, {0, 0, 0, 0});
  spec.bits = 32;

  EXPECT_EQ(ReadTiff(EncodeTiff({spec})).error().code, ErrorCode::kUnsupportedMedia);
}

TEST(TiffLimits, EveryTruncationIsRefusedOrWhole) {
  for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS}) {
    const Bytes tiff = EncodeTiff({RgbPage(23, 17, compression)});
    for (std::size_t size = 4; size < tiff.size(); ++size) {
      const auto page = ReadTiff({tiff.begin(), tiff.begin() + static_cast<std::ptrdiff_t>(size)});

      if (page) {
        EXPECT_TRUE(SamePixels(page->image, Pattern(23, 17))) << size;
      } else {
        EXPECT_EQ(page.error().code, ErrorCode::kUndecodable) << size << page.error().message;
      }
    }
  }
}

}  // namespace
}  // namespace doclayout::decode
