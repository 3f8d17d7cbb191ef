#include "decode/jpeg_scans.h"

#include <gmock/gmock.h>

#include "decode/document.h"
#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::HasSubstr;

constexpr int kAll = 1'000'000;

/// A progressive header of that size, then a thousand empty scans: 12 bytes each.
Bytes ManyEmptyScans(std::uint32_t width, std::uint32_t height) {
  Bytes jpeg{0xFF, 0xD8, 0xFF, 0xC2, 0, 11, 8};
  AppendBig16(jpeg, height);
  AppendBig16(jpeg, width);
  jpeg.insert(jpeg.end(), {1, 1, 0x11, 0});
  for (int i = 0; i < 1000; ++i) jpeg.insert(jpeg.end(), {0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x2A, 0x15});
  jpeg.insert(jpeg.end(), {0xFF, 0xD9});
  return jpeg;
}

TEST(JpegScans, AreCountedInFilesOfEveryKind) {
  const Bytes gray = Ramp(64 * 64, 255);
  const Bytes rgb = RgbOf(Pattern(64, 64));
  const JpegSpec spec{.width = 64, .height = 64};
  JpegSpec progressive = spec;
  progressive.progressive = true;
  JpegSpec restarts = spec;
  restarts.restart_rows = 1;
  JpegSpec many = spec;
  many.components = 1;
  many.many_scans = 1;

  EXPECT_EQ(CountJpegScans(EncodeJpeg(spec, rgb), kAll), 1);
  EXPECT_EQ(CountJpegScans(EncodeJpeg(restarts, rgb), kAll), 1);
  EXPECT_EQ(CountJpegScans(EncodeJpeg(progressive, rgb), kAll), 10);
  EXPECT_EQ(CountJpegScans(EncodeJpeg(many, gray), kAll), 64);
}

TEST(JpegScans, WhatIsInsideASegmentIsNone) {
  Bytes exif(300, 0xFF);
  for (std::size_t i = 1; i < exif.size(); i += 2) exif[i] = 0xDA;

  EXPECT_EQ(CountJpegScans(EncodeJpeg({.exif = exif}, RgbOf(Pattern(16, 16))), kAll), 1);
}

TEST(JpegScans, CountingStopsWhenThereAreEnough) {
  EXPECT_EQ(CountJpegScans(ManyEmptyScans(8, 8), 5), 5);
}

TEST(JpegScans, AnyBytesAreCountedToTheirEnd) {
  EXPECT_EQ(CountJpegScans({}, kAll), 0);
  EXPECT_EQ(CountJpegScans(Bytes(100, 0xFF), kAll), 0);
  EXPECT_EQ(CountJpegScans(Bytes{0xFF, 0xDA}, kAll), 0);
  EXPECT_EQ(CountJpegScans(Bytes{0xFF, 0xDA, 0, 0, 0xFF, 0xDA, 0xFF, 0xFF}, kAll), 2);
}

TEST(JpegScans, ALargePictureMayHaveFewer) {
  EXPECT_EQ(MostJpegScans(16, 16), 100);
  EXPECT_EQ(MostJpegScans(7000, 7000), 30);
  EXPECT_EQ(MostJpegScans(65'535, 65'535), 20);
}

TEST(JpegScans, TooManyAreRefusedBeforeAPixelIsDecoded) {
  const auto document = OpenDocument(ManyEmptyScans(7000, 7000), {});

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kUndecodable);
  EXPECT_THAT(document.error().message, HasSubstr("more than 30 scans"));
}

}  // namespace
}  // namespace doclayout::decode
