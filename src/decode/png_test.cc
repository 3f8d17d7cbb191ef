#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "decode/document.h"
#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kGray = 0;
constexpr int kRgb = 2;
constexpr int kPalette = 3;
constexpr int kGrayAlpha = 4;
constexpr int kRgbAlpha = 6;

Result<Page> Read(const Bytes& bytes, const Limits& limits = {}) {
  auto document = OpenDocument(bytes, limits);
  if (!document) return Fail(document.error());
  EXPECT_EQ((*document)->format(), Format::kPng);
  return (*document)->ReadPage(0);
}

/// Packs samples of 1 to 8 bits into rows.
Bytes Pack(const Bytes& samples, std::size_t width, std::size_t bits) {
  Bytes rows;
  for (std::size_t start = 0; start < samples.size(); start += width) {
    Bytes row((width * bits + 7) / 8);
    for (std::size_t x = 0; x < width; ++x) {
      row[x * bits / 8] |= static_cast<std::uint8_t>(samples[start + x] << (8 - bits - x * bits % 8));
    }
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

Bytes Encode16(const PngSpec& spec, const std::vector<std::uint16_t>& samples) {
  Bytes rows(samples.size() * 2);
  std::memcpy(rows.data(), samples.data(), rows.size());
  return EncodePng(spec, rows);
}

Bytes EncodePattern(std::uint32_t width, std::uint32_t height, bool interlaced = false) {
  const PngSpec spec{.width = width, .height = height, .interlaced = interlaced};
  return EncodePng(spec, RgbOf(Pattern(static_cast<int>(width), static_cast<int>(height))));
}

TEST(Png, ReadsRgbPlainAndInterlaced) {
  for (const bool interlaced : {false, true}) {
    for (const auto& [width, height] : {std::pair{1U, 1U}, {3U, 2U}, {37U, 19U}, {1U, 9U}, {9U, 1U}}) {
      const auto page = Read(EncodePattern(width, height, interlaced));

      ASSERT_TRUE(page) << page.error().message;
      EXPECT_TRUE(SamePixels(page->image, Pattern(static_cast<int>(width), static_cast<int>(height))));
      EXPECT_EQ(page->rotation, 0);
      EXPECT_EQ(page->dpi, std::nullopt);
    }
  }
}

TEST(Png, ReadsGrayOfEveryDepth) {
  for (const bool interlaced : {false, true}) {
    for (const int bits : {1, 2, 4, 8}) {
      const int max = (1 << bits) - 1;
      const Bytes samples = Ramp(13 * 7, max);
      const PngSpec spec{.width = 13, .height = 7, .color_type = kGray, .bit_depth = bits, .interlaced = interlaced};

      const auto page = Read(EncodePng(spec, Pack(samples, 13, static_cast<std::size_t>(bits))));

      ASSERT_TRUE(page) << page.error().message;
      for (int i = 0; i < 13 * 7; ++i) {
        const int level = samples[static_cast<std::size_t>(i)] * 255 / max;
        ASSERT_THAT(At(page->image, i % 13, i / 13), ElementsAre(level, level, level)) << bits << " " << i;
      }
    }
  }
}

TEST(Png, DropsTheLowByteOfSixteenBits) {
  const PngSpec gray{.width = 2, .height = 1, .color_type = kGray, .bit_depth = 16};
  const PngSpec rgb{.width = 1, .height = 1, .color_type = kRgb, .bit_depth = 16};

  const auto gray_page = Read(Encode16(gray, {0x12FF, 0xFFFF}));
  const auto rgb_page = Read(Encode16(rgb, {0x10FF, 0x2000, 0x30FF}));

  ASSERT_TRUE(gray_page && rgb_page);
  EXPECT_THAT(At(gray_page->image, 0, 0), ElementsAre(0x12, 0x12, 0x12));
  EXPECT_THAT(At(gray_page->image, 1, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(rgb_page->image, 0, 0), ElementsAre(0x30, 0x20, 0x10));
}

TEST(Png, ReadsPalettesOfEveryDepth) {
  for (const bool interlaced : {false, true}) {
    for (const int bits : {1, 2, 4, 8}) {
      PngSpec spec{.width = 11, .height = 5, .color_type = kPalette, .bit_depth = bits, .interlaced = interlaced};
      for (int i = 0; i < 1 << bits; ++i) {
        spec.palette.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(255 - i), 7});
      }
      const Bytes samples = Ramp(55, (1 << bits) - 1);

      const auto page = Read(EncodePng(spec, Pack(samples, 11, static_cast<std::size_t>(bits))));

      ASSERT_TRUE(page) << page.error().message;
      for (int i = 0; i < 55; ++i) {
        const int index = samples[static_cast<std::size_t>(i)];
        ASSERT_THAT(At(page->image, i % 11, i / 11), ElementsAre(7, 255 - index, index));
      }
    }
  }
}

TEST(Png, LaysTransparencyOnWhite) {
  for (const bool interlaced : {false, true}) {
    const PngSpec spec{.width = 3, .height = 1, .color_type = kRgbAlpha, .interlaced = interlaced};
    const auto page = Read(EncodePng(spec, {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 128}));

    ASSERT_TRUE(page);
    EXPECT_THAT(At(page->image, 0, 0), ElementsAre(30, 20, 10));
    EXPECT_THAT(At(page->image, 1, 0), ElementsAre(255, 255, 255));
    EXPECT_THAT(At(page->image, 2, 0), ElementsAre(227, 177, 127));
  }
}

TEST(Png, LaysGrayWithAlphaOnWhite) {
  const PngSpec eight{.width = 2, .height = 1, .color_type = kGrayAlpha};
  const PngSpec sixteen{.width = 2, .height = 1, .color_type = kGrayAlpha, .bit_depth = 16};

  const auto of_eight = Read(EncodePng(eight, {0, 0, 50, 255}));
  const auto of_sixteen = Read(Encode16(sixteen, {0, 0, 0x3200, 0xFFFF}));

  ASSERT_TRUE(of_eight && of_sixteen);
  for (const auto* page : {&*of_eight, &*of_sixteen}) {
    EXPECT_THAT(At(page->image, 0, 0), ElementsAre(255, 255, 255));
    EXPECT_THAT(At(page->image, 1, 0), ElementsAre(50, 50, 50));
  }
}

TEST(Png, LaysTransparentColoursOnWhite) {
  const PngSpec palette{
      .width = 2, .height = 1, .color_type = kPalette, .palette = {{1, 2, 3}, {4, 5, 6}}, .palette_alpha = {0}};
  const PngSpec gray{.width = 2, .height = 1, .color_type = kGray, .transparent = {{7, 0, 0}}};
  const PngSpec rgb{.width = 2, .height = 1, .color_type = kRgb, .transparent = {{1, 2, 3}}};

  const auto from_palette = Read(EncodePng(palette, {0, 1}));
  const auto from_gray = Read(EncodePng(gray, {7, 8}));
  const auto from_rgb = Read(EncodePng(rgb, {1, 2, 3, 1, 2, 4}));

  ASSERT_TRUE(from_palette && from_gray && from_rgb);
  EXPECT_THAT(At(from_palette->image, 0, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(from_palette->image, 1, 0), ElementsAre(6, 5, 4));
  EXPECT_THAT(At(from_gray->image, 0, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(from_gray->image, 1, 0), ElementsAre(8, 8, 8));
  EXPECT_THAT(At(from_rgb->image, 0, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(from_rgb->image, 1, 0), ElementsAre(4, 2, 1));
}

TEST(Png, AppliesExifBeforeOrAfterThePixels) {
  for (const std::string_view before : {"IDAT", "IEND"}) {
    const Bytes png = InsertPngChunk(EncodePattern(5, 3), before, PngChunk("eXIf", Exif(6, false)));

    const auto page = Read(png);

    ASSERT_TRUE(page);
    EXPECT_EQ(page->rotation, 90);
    EXPECT_EQ(page->image.width(), 3);
    EXPECT_EQ(At(page->image, 2, 0), At(Pattern(5, 3), 0, 0));
  }
}

TEST(Png, ReportsDensity) {
  Bytes phys;
  AppendBig32(phys, 11811);
  AppendBig32(phys, 5906);
  phys.push_back(1);
  const Bytes png = InsertPngChunk(EncodePattern(5, 3), "IDAT", PngChunk("pHYs", phys));

  EXPECT_NEAR(Read(png)->dpi.value_or(0), 300, 0.01);
  EXPECT_NEAR(Read(InsertPngChunk(png, "IDAT", PngChunk("eXIf", Exif(6))))->dpi.value_or(0), 150, 0.1);
}

TEST(Png, BrokenMetadataDoesNoHarm) {
  Bytes png = EncodePattern(5, 3);
  png = InsertPngChunk(png, "IDAT", PngChunk("iCCP", Bytes(100'000, 0xA5)));
  png = InsertPngChunk(png, "IDAT", PngChunk("zTXt", Bytes(100'000, 0xA5)));
  png = InsertPngChunk(png, "IDAT", PngChunk("pHYs", {1, 2, 3}));
  png = InsertPngChunk(png, "IDAT", PngChunk("eXIf", {}));
  png = InsertPngChunk(png, "IDAT", PngChunk("gAMA", {}));

  const auto page = Read(png);

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_TRUE(SamePixels(page->image, Pattern(5, 3)));
}

TEST(Png, RefusesASixtyMegapixelBombByItsHeader) {
  const PngSpec spec{.width = 10'000, .height = 6'000, .color_type = kGray, .bit_depth = 1};
  const Bytes bomb = EncodePng(spec, Bytes(10'000 / 8 * 6'000));
  ASSERT_LT(bomb.size(), 20'000U);

  const auto document = OpenDocument(bomb, {});

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(document.error().message, HasSubstr("10000 x 6000 = 60000000 pixels; at most 50000000"));
  EXPECT_THAT(document.error().message, HasSubstr("MAX_PIXELS"));
}

TEST(Png, ReadsLongThinPages) {
  const auto page = Read(EncodePattern(1, 20'000));

  ASSERT_TRUE(page);
  EXPECT_TRUE(SamePixels(page->image, Pattern(1, 20'000)));
}

TEST(Png, EveryTruncationIsRefusedOrWhole) {
  for (const bool interlaced : {false, true}) {
    const Bytes png = EncodePattern(23, 17, interlaced);
    for (std::size_t size = 8; size < png.size(); ++size) {
      const auto page = Read({png.begin(), png.begin() + static_cast<std::ptrdiff_t>(size)});

      if (page) {
        EXPECT_TRUE(SamePixels(page->image, Pattern(23, 17))) << size;
      } else {
        EXPECT_EQ(page.error().code, ErrorCode::kUndecodable) << size;
      }
    }
    EXPECT_THAT(Read({png.begin(), png.begin() + static_cast<std::ptrdiff_t>(png.size() / 2)}).error().message,
                HasSubstr("ends early"));
  }
}

TEST(Png, AnyFlippedByteOfThePixelsIsFound) {
  const Bytes png = EncodePattern(23, 17);
  const std::string_view type = "IDAT";
  const auto start = std::search(png.begin(), png.end(), type.begin(), type.end()) - png.begin();

  for (std::size_t i = static_cast<std::size_t>(start) + 4; i < png.size() - 12; ++i) {
    Bytes broken = png;
    broken[i] ^= 0x10;
    const auto page = Read(broken);
    ASSERT_FALSE(page) << i;
    EXPECT_EQ(page.error().code, ErrorCode::kUndecodable);
  }
}

TEST(Png, RefusesBrokenHeaders) {
  const Bytes png = EncodePattern(5, 3);
  Bytes no_width;
  AppendBig32(no_width, 0);
  AppendBig32(no_width, 5);
  no_width.insert(no_width.end(), {8, 2, 0, 0, 0});
  Bytes file(png.begin(), png.begin() + 8);
  const Bytes header = PngChunk("IHDR", no_width);
  file.insert(file.end(), header.begin(), header.end());

  EXPECT_EQ(Read(file).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(Read({png.begin(), png.begin() + 8}).error().code, ErrorCode::kUndecodable);
}

TEST(Png, PaletteIndexOutOfRangeIsBlack) {
  const PngSpec spec{.width = 2, .height = 1, .color_type = kPalette, .palette = {{1, 2, 3}, {4, 5, 6}}};

  const auto page = Read(EncodePng(spec, {0, 255}));

  ASSERT_TRUE(page);
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace doclayout::decode
