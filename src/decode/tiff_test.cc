#include <gmock/gmock.h>
#include <tiffio.h>

#include "decode/document.h"
#include "decode/testing/encode.h"
#include "decode/testing/tiff_pages.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Tiff, ReadsEveryLosslessCompression) {
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE, COMPRESSION_PACKBITS}) {
    for (const bool big : {false, true}) {
      const auto page = ReadTiff(EncodeTiff({RgbPage(37, 19, compression)}, big));

      ASSERT_TRUE(page) << compression << page.error().message;
      EXPECT_TRUE(SamePixels(page->image, Pattern(37, 19))) << compression;
    }
  }
}

TEST(Tiff, ReadsFaxCodes) {
  for (const int compression : {COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4, COMPRESSION_NONE}) {
    for (const int photometric : {PHOTOMETRIC_MINISWHITE, PHOTOMETRIC_MINISBLACK}) {
      TiffPageSpec spec = GrayPage(16, 8, {});
      for (int y = 0; y < 8; ++y) spec.rows.insert(spec.rows.end(), {static_cast<std::uint8_t>(1 << y), 0x0F});
      spec.bits = 1;
      spec.compression = compression;
      spec.photometric = photometric;

      const auto page = ReadTiff(EncodeTiff({spec}));

      ASSERT_TRUE(page) << compression << page.error().message;
      for (int y = 0; y < 8; ++y) {
        for (int x = 0; x < 16; ++x) {
          const bool set = x < 8 ? 7 - x == y : x >= 12;
          const bool white = set == (photometric == PHOTOMETRIC_MINISBLACK);
          ASSERT_EQ(At(page->image, x, y)[0], white ? 255 : 0) << compression << " " << x << "," << y;
        }
      }
    }
  }
}

TEST(Tiff, ReadsJpegWithin) {
  TiffPageSpec gray = GrayPage(16, 16, Ramp(256, 255));
  gray.compression = COMPRESSION_JPEG;
  gray.rows_per_strip = 16;
  TiffPageSpec ycbcr = RgbPage(32, 32, COMPRESSION_JPEG);
  ycbcr.photometric = PHOTOMETRIC_YCBCR;
  ycbcr.rows_per_strip = 16;

  const auto gray_page = ReadTiff(EncodeTiff({gray}));
  const auto colour_page = ReadTiff(EncodeTiff({ycbcr}));

  ASSERT_TRUE(gray_page) << gray_page.error().message;
  ASSERT_TRUE(colour_page) << colour_page.error().message;
  EXPECT_NEAR(At(gray_page->image, 8, 8)[1], 8 * 16 + 8, 20);
  EXPECT_TRUE(SamePixels(colour_page->image, Pattern(32, 32), 120));
  EXPECT_NEAR(At(colour_page->image, 16, 16)[1], At(Pattern(32, 32), 16, 16)[1], 40);
}

TEST(Tiff, TruncatedJpegWithinIsRefused) {
  TiffPageSpec spec = GrayPage(64, 64, Ramp(4096, 255));
  spec.compression = COMPRESSION_JPEG;
  spec.rows_per_strip = 64;
  Bytes tiff = EncodeTiff({spec});
  // The middle of the only strip becomes an end-of-image marker.
  const std::uint8_t scan[] = {0xFF, 0xDA};
  const auto start = std::search(tiff.begin(), tiff.end(), std::begin(scan), std::end(scan));
  ASSERT_NE(start, tiff.end());
  std::fill(start + 200, start + 300, std::uint8_t{0});
  start[200] = 0xFF;
  start[201] = 0xD9;

  EXPECT_EQ(ReadTiff(tiff).error().code, ErrorCode::kUndecodable);
}

TEST(Tiff, ReadsGrayOfEveryDepth) {
  for (const int bits : {2, 4, 8}) {
    const int max = (1 << bits) - 1;
    TiffPageSpec spec = GrayPage(8, 4, {});
    spec.bits = bits;
    const Bytes samples = Ramp(32, max);
    const std::size_t per_byte = 8U / static_cast<std::size_t>(bits);
    for (std::size_t i = 0; i < 32; i += per_byte) {
      int byte = 0;
      for (std::size_t k = 0; k < per_byte; ++k) byte = byte << bits | samples[i + k];
      spec.rows.push_back(static_cast<std::uint8_t>(byte));
    }

    const auto page = ReadTiff(EncodeTiff({spec}));

    ASSERT_TRUE(page) << page.error().message;
    for (int i = 0; i < 32; ++i) {
      ASSERT_EQ(At(page->image, i % 8, i / 8)[2], samples[static_cast<std::size_t>(i)] * 255 / max) << bits;
    }
  }
}

TEST(Tiff, DropsTheLowByteOfSixteenBits) {
  TiffPageSpec gray = GrayPage(2, 1, {0xFF, 0x12, 0xFF, 0xFF});
  gray.bits = 16;
  TiffPageSpec rgb = GrayPage(1, 1, {0xFF, 0x10, 0x00, 0x20, 0xFF, 0x30});
  rgb.bits = 16;
  rgb.samples = 3;
  rgb.photometric = PHOTOMETRIC_RGB;

  const auto gray_page = ReadTiff(EncodeTiff({gray}));
  const auto rgb_page = ReadTiff(EncodeTiff({rgb}));

  ASSERT_TRUE(gray_page && rgb_page);
  EXPECT_THAT(At(gray_page->image, 0, 0), ElementsAre(0x12, 0x12, 0x12));
  EXPECT_THAT(At(gray_page->image, 1, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(rgb_page->image, 0, 0), ElementsAre(0x30, 0x20, 0x10));
}

TEST(Tiff, ReadsPalettes) {
  TiffPageSpec spec = GrayPage(16, 16, Ramp(256, 255));
  spec.photometric = PHOTOMETRIC_PALETTE;
  spec.ramp_palette = true;

  const auto page = ReadTiff(EncodeTiff({spec}));

  ASSERT_TRUE(page) << page.error().message;
  for (int i = 0; i < 256; ++i) {
    ASSERT_THAT(At(page->image, i % 16, i / 16), ElementsAre(i / 2, 255 - i, i));
  }
}

TEST(Tiff, ReadsSeparatePlanesAndTiles) {
  TiffPageSpec planes = RgbPage(37, 19);
  planes.planar = PLANARCONFIG_SEPARATE;
  Bytes separated;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t i = channel; i < planes.rows.size(); i += 3) separated.push_back(planes.rows[i]);
  }
  planes.rows = separated;

  TiffPageSpec tiles = RgbPage(37, 19, COMPRESSION_LZW);
  tiles.tile_width = tiles.tile_height = 16;
  const Bytes rgb = std::exchange(tiles.rows, {});
  for (std::size_t tile = 0; tile < 6; ++tile) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::size_t x = tile % 3 * 16 + i % 16;
      const std::size_t y = tile / 3 * 16 + i / 16;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        tiles.rows.push_back(x < 37 && y < 19 ? rgb[(y * 37 + x) * 3 + channel] : 0);
      }
    }
  }

  for (const TiffPageSpec& spec : {planes, tiles}) {
    const auto page = ReadTiff(EncodeTiff({spec}));
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_TRUE(SamePixels(page->image, Pattern(37, 19)));
  }
}

TEST(Tiff, ConvertsCmyk) {
  TiffPageSpec spec = GrayPage(3, 1, {0, 255, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0});
  spec.samples = 4;
  spec.photometric = PHOTOMETRIC_SEPARATED;

  const auto page = ReadTiff(EncodeTiff({spec}));

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(0, 0, 255));
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(0, 0, 0));
  EXPECT_THAT(At(page->image, 2, 0), ElementsAre(255, 255, 255));
}

TEST(Tiff, LaysTransparencyOnWhite) {
  TiffPageSpec straight = GrayPage(3, 1, {10, 20, 30, 255, 10, 20, 30, 0, 200, 100, 0, 128});
  straight.samples = 4;
  straight.photometric = PHOTOMETRIC_RGB;
  straight.extra_samples = {EXTRASAMPLE_UNASSALPHA};
  TiffPageSpec premultiplied = straight;
  premultiplied.rows = {10, 20, 30, 255, 0, 0, 0, 0, 100, 50, 0, 128};
  premultiplied.extra_samples = {EXTRASAMPLE_ASSOCALPHA};

  for (const TiffPageSpec& spec : {straight, premultiplied}) {
    const auto page = ReadTiff(EncodeTiff({spec}));
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(At(page->image, 0, 0), ElementsAre(30, 20, 10));
    EXPECT_THAT(At(page->image, 1, 0), ElementsAre(255, 255, 255));
    EXPECT_THAT(At(page->image, 2, 0), ElementsAre(127, 177, 227));
  }
}

TEST(Tiff, PaddingChannelIsNotTransparency) {
  TiffPageSpec spec = GrayPage(1, 1, {10, 20, 30, 0});
  spec.samples = 4;
  spec.photometric = PHOTOMETRIC_RGB;
  spec.extra_samples = {EXTRASAMPLE_UNSPECIFIED};

  const auto page = ReadTiff(EncodeTiff({spec}));

  ASSERT_TRUE(page);
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(30, 20, 10));
}

TEST(Tiff, LaysGrayWithAlphaOnWhite) {
  TiffPageSpec spec = GrayPage(3, 1, {50, 255, 50, 0, 100, 128});
  spec.samples = 2;
  spec.extra_samples = {EXTRASAMPLE_UNASSALPHA};

  const auto page = ReadTiff(EncodeTiff({spec}));

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(50, 50, 50));
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(page->image, 2, 0), ElementsAre(177, 177, 177));
}

TEST(Tiff, AppliesOrientationAndReportsTheTurn) {
  const int rotations[] = {0, 0, 180, 180, 270, 90, 90, 270};
  const int corner_x[] = {0, 4, 4, 0, 0, 2, 2, 0};
  const int corner_y[] = {0, 0, 2, 2, 0, 0, 4, 4};
  for (int tag = 1; tag <= 8; ++tag) {
    TiffPageSpec spec = RgbPage(5, 3);
    spec.orientation = tag;

    const auto page = ReadTiff(EncodeTiff({spec}));

    ASSERT_TRUE(page);
    EXPECT_EQ(page->rotation, rotations[tag - 1]);
    EXPECT_EQ(page->image.width(), tag >= 5 ? 3 : 5);
    EXPECT_EQ(At(page->image, corner_x[tag - 1], corner_y[tag - 1]), At(Pattern(5, 3), 0, 0)) << tag;
  }
}

TEST(Tiff, ReportsResolution) {
  TiffPageSpec inch = RgbPage(5, 3);
  inch.resolution_x = 300;
  inch.resolution_y = 150;
  TiffPageSpec turned = inch;
  turned.orientation = ORIENTATION_RIGHTTOP;
  TiffPageSpec metric = inch;
  metric.resolution_unit = RESUNIT_CENTIMETER;
  TiffPageSpec ratio = inch;
  ratio.resolution_unit = RESUNIT_NONE;

  EXPECT_EQ(ReadTiff(EncodeTiff({inch}))->dpi, 300);
  EXPECT_EQ(ReadTiff(EncodeTiff({turned}))->dpi, 150);
  EXPECT_EQ(ReadTiff(EncodeTiff({metric}))->dpi, 762);
  EXPECT_EQ(ReadTiff(EncodeTiff({ratio}))->dpi, std::nullopt);
  EXPECT_EQ(ReadTiff(EncodeTiff({RgbPage(5, 3)}))->dpi, std::nullopt);
}

TEST(Tiff, ReadsEveryDirectoryAsAPageInAnyOrder) {
  const Bytes tiff = EncodeTiff({RgbPage(5, 3), RgbPage(7, 9, COMPRESSION_LZW), RgbPage(1, 1)});
  auto document = OpenDocument(tiff, {});
  ASSERT_TRUE(document);
  ASSERT_EQ((*document)->page_count(), 3);

  for (const int index : {2, 0, 1, 1, 0, 2}) {
    const auto page = (*document)->ReadPage(index);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->index, index);
    EXPECT_EQ(page->image.width(), (std::array{5, 7, 1}[static_cast<std::size_t>(index)]));
    EXPECT_TRUE(SamePixels(page->image, Pattern(page->image.width(), page->image.height())));
  }
  EXPECT_EQ((*document)->ReadPage(3).error().code, ErrorCode::kBadParameter);
}

}  // namespace
}  // namespace doclayout::decode
