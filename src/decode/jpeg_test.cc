// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on
#include <gmock/gmock.h>

#include <algorithm>

#include "decode/document.h"
#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::HasSubstr;

Result<Page> Read(const Bytes& bytes, const Limits& limits = {}) {
  auto document = OpenDocument(bytes, limits);
  if (!document) return Fail(document.error());
  EXPECT_EQ((*document)->format(), Format::kJpeg);
  EXPECT_EQ((*document)->page_count(), 1);
  return (*document)->ReadPage(0);
}

/// What libjpeg gives with everything left alone, as other programs that use it do.
Image DecodePlainly(const Bytes& jpeg) {
  jpeg_decompress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, jpeg.data(), jpeg.size());
  jpeg_read_header(&codec, TRUE);
  codec.out_color_space = JCS_RGB;
  jpeg_start_decompress(&codec);
  Image image(static_cast<int>(codec.output_width), static_cast<int>(codec.output_height));
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = image.row(static_cast<int>(codec.output_scanline));
    jpeg_read_scanlines(&codec, &row, 1);
  }
  jpeg_destroy_decompress(&codec);
  for (auto pixel = image.bytes().begin(); pixel != image.bytes().end(); pixel += 3) std::swap(pixel[0], pixel[2]);
  return image;
}

Bytes Encode(const JpegSpec& spec) {
  return EncodeJpeg(spec, RgbOf(Pattern(spec.width, spec.height)));
}

TEST(Jpeg, EqualsPlainLibjpegToTheBit) {
  for (const bool subsample : {true, false}) {
    for (const bool progressive : {true, false}) {
      for (const bool arithmetic : {true, false}) {
        const Bytes jpeg = Encode(
            {.width = 61, .height = 43, .progressive = progressive, .arithmetic = arithmetic, .subsample = subsample});

        const auto page = Read(jpeg);

        ASSERT_TRUE(page) << page.error().message;
        EXPECT_TRUE(SamePixels(page->image, DecodePlainly(jpeg)));
        EXPECT_TRUE(subsample || SamePixels(page->image, Pattern(61, 43), 60));
      }
    }
  }
}

TEST(Jpeg, ExpandsGray) {
  const Bytes samples = Ramp(256, 255);
  const Bytes jpeg = EncodeJpeg({.width = 16, .height = 16, .components = 1, .quality = 100}, samples);

  const auto page = Read(jpeg);

  ASSERT_TRUE(page);
  for (int i = 0; i < 256; ++i) {
    const auto pixel = At(page->image, i % 16, i / 16);
    EXPECT_NEAR(pixel[0], i, 3);
    EXPECT_EQ(pixel[0], pixel[1]);
    EXPECT_EQ(pixel[0], pixel[2]);
  }
}

TEST(Jpeg, ConvertsInvertedCmykAndYcck) {
  struct Case {
    std::array<std::uint8_t, 4> inverted;  // 255 is no ink
    std::array<int, 3> bgr;
  };
  const Case cases[] = {{{255, 0, 0, 255}, {0, 0, 255}},     {{0, 255, 0, 255}, {0, 255, 0}},
                        {{255, 255, 255, 0}, {0, 0, 0}},     {{255, 255, 255, 255}, {255, 255, 255}},
                        {{255, 255, 0, 128}, {0, 128, 128}}, {{0, 0, 255, 255}, {255, 0, 0}}};
  for (const bool ycck : {true, false}) {
    for (const auto& [inverted, bgr] : cases) {
      Bytes samples;
      for (int i = 0; i < 256; ++i) samples.insert(samples.end(), inverted.begin(), inverted.end());

      const auto page = Read(EncodeJpeg({.components = 4, .quality = 100, .ycck = ycck}, samples));

      ASSERT_TRUE(page) << page.error().message;
      for (std::size_t channel = 0; channel < 3; ++channel)
        EXPECT_NEAR(At(page->image, 8, 8)[channel], bgr[channel], 3);
    }
  }
}

TEST(Jpeg, AppliesExifOrientationAndReportsTheTurn) {
  const int rotations[] = {0, 0, 180, 180, 270, 90, 90, 270};
  for (std::uint16_t tag = 1; tag <= 8; ++tag) {
    const auto page = Read(Encode({.width = 40, .height = 24, .exif = Exif(tag, tag % 2 == 0, true)}));

    ASSERT_TRUE(page);
    EXPECT_EQ(page->rotation, rotations[tag - 1]);
    EXPECT_EQ(page->image.width(), tag >= 5 ? 24 : 40);
    EXPECT_EQ(page->image.height(), tag >= 5 ? 40 : 24);
  }
}

TEST(Jpeg, RubbishExifIsUpright) {
  Bytes rubbish{'E', 'x', 'i', 'f', 0, 0};
  rubbish.resize(2000, 0xA5);

  const auto page = Read(Encode({.width = 40, .height = 24, .exif = rubbish}));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->image.width(), 40);
}

TEST(Jpeg, ReportsDensityOfTheUprightHorizontal) {
  const JpegSpec spec{.density_unit = 1, .density_x = 300, .density_y = 200};
  JpegSpec turned = spec;
  turned.exif = Exif(6, true, true);
  JpegSpec metric{.density_unit = 2, .density_x = 100, .density_y = 100};

  EXPECT_EQ(Read(Encode(spec))->dpi, 300);
  EXPECT_EQ(Read(Encode(turned))->dpi, 200);
  EXPECT_EQ(Read(Encode(metric))->dpi, 254);
  EXPECT_EQ(Read(Encode({}))->dpi, std::nullopt);
}

TEST(Jpeg, TruncatedIsRefusedAndNeverGray) {
  for (const bool progressive : {false, true}) {
    for (const bool arithmetic : {false, true}) {
      const Bytes jpeg = Encode({.width = 64, .height = 64, .progressive = progressive, .arithmetic = arithmetic});
      const Image whole = Read(jpeg)->image.Clone();
      for (std::size_t size = 3; size < jpeg.size(); ++size) {
        const auto page = Read({jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(size)});

        if (page) {
          EXPECT_TRUE(SamePixels(page->image, whole)) << size;
        } else {
          EXPECT_EQ(page.error().code, ErrorCode::kUndecodable) << size << page.error().message;
        }
      }
      const auto half = Read({jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(jpeg.size() / 2)});
      ASSERT_FALSE(half);
      EXPECT_THAT(half.error().message, HasSubstr("ends early"));
    }
  }
}

TEST(Jpeg, OnlyTheEndMarkerMayBeMissing) {
  Bytes jpeg = Encode({.width = 64, .height = 64});
  jpeg.resize(jpeg.size() - 2);

  EXPECT_TRUE(Read(jpeg));
}

TEST(Jpeg, GarbageAfterTheEndIsFine) {
  for (const bool progressive : {false, true}) {
    Bytes jpeg = Encode({.progressive = progressive});
    jpeg.resize(jpeg.size() + 1000, 0xA5);

    EXPECT_TRUE(Read(jpeg));
  }
}

TEST(Jpeg, ExtraBytesBeforeAMarkerAreFine) {
  Bytes jpeg = Encode({.width = 16, .height = 16});
  const std::string_view table = "\xFF\xDB";
  const auto marker = std::search(jpeg.begin(), jpeg.end(), table.begin(), table.end(),
                                  [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
  jpeg.insert(marker, {0x00, 0x11, 0x22});

  EXPECT_TRUE(Read(jpeg));
}

TEST(Jpeg, LostRestartIntervalIsRefused) {
  Bytes jpeg = Encode({.width = 64, .height = 64, .restart_rows = 1});
  const auto find = [&](std::uint8_t code) {
    const std::uint8_t marker[] = {0xFF, code};
    return std::search(jpeg.begin(), jpeg.end(), std::begin(marker), std::end(marker));
  };
  jpeg.erase(find(0xD0), find(0xD2));

  EXPECT_EQ(Read(jpeg).error().code, ErrorCode::kUndecodable);
}

TEST(Jpeg, MissingComponentIsRefused) {
  const Bytes jpeg = Encode({.separate_scans = true});
  const std::uint8_t start_of_scan[] = {0xFF, 0xDA};
  const auto last = std::find_end(jpeg.begin(), jpeg.end(), std::begin(start_of_scan), std::end(start_of_scan));
  Bytes cut(jpeg.begin(), last);
  cut.insert(cut.end(), {0xFF, 0xD9});

  EXPECT_TRUE(Read(jpeg));
  EXPECT_THAT(Read(cut).error().message, HasSubstr("lacks one of its colour components"));
}

TEST(Jpeg, TooManyScansAreRefused) {
  const Bytes samples = Ramp(64 * 64, 255);
  const JpegSpec few{.width = 64, .height = 64, .components = 1, .many_scans = 1};
  const JpegSpec many{.width = 64, .height = 64, .components = 1, .many_scans = 3};

  EXPECT_TRUE(Read(EncodeJpeg(few, samples)));
  EXPECT_THAT(Read(EncodeJpeg(many, samples)).error().message, HasSubstr("scans"));
}

TEST(Jpeg, LimitsAreCheckedBeforePixels) {
  const Bytes jpeg = Encode({.width = 64, .height = 32});

  const auto pixels = OpenDocument(jpeg, {.max_pixels = 2047});
  const auto side = OpenDocument(jpeg, {.max_dimension = 63});

  ASSERT_FALSE(pixels);
  EXPECT_EQ(pixels.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(pixels.error().message, HasSubstr("64 x 32 = 2048 pixels; at most 2047 are allowed (MAX_PIXELS)"));
  ASSERT_FALSE(side);
  EXPECT_EQ(side.error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(OpenDocument(jpeg, {.max_pixels = 2048, .max_dimension = 64}));
  EXPECT_THAT(OpenDocument(jpeg, {.max_document_pixels = 2047}).error().message, HasSubstr("MAX_DOCUMENT_PIXELS"));
}

TEST(Jpeg, UnknownKindIsUnsupported) {
  Bytes jpeg = Encode({});
  const std::uint8_t frame[] = {0xFF, 0xC0};
  const auto found = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
  found[1] = 0xC3;  // lossless

  EXPECT_EQ(Read(jpeg).error().code, ErrorCode::kUnsupportedMedia);
}

TEST(Jpeg, PageIsReadAgainTheSame) {
  const Bytes jpeg = Encode({});
  auto document = OpenDocument(jpeg, {});
  ASSERT_TRUE(document);

  const auto first = (*document)->ReadPage(0);
  const auto second = (*document)->ReadPage(0);

  ASSERT_TRUE(first && second);
  EXPECT_TRUE(SamePixels(first->image, second->image));
  EXPECT_EQ((*document)->ReadPage(1).error().code, ErrorCode::kBadParameter);
  EXPECT_EQ((*document)->ReadPage(-1).error().code, ErrorCode::kBadParameter);
}

Result<Page> ReadReduced(const Bytes& bytes, PageSize enough) {
  auto document = OpenDocument(bytes, {});
  if (!document) return Fail(document.error());
  return (*document)->ReadReducedPage(0, enough);
}

/// Gray that grows evenly to the right and to the bottom: what decoding to fewer pixels keeps.
Bytes Slope(int width, int height) {
  Bytes rgb;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) rgb.insert(rgb.end(), 3, static_cast<std::uint8_t>(x / 2 + y / 4));
  }
  return rgb;
}

TEST(Jpeg, ReducedPageHasEnoughPixelsAndNotMany) {
  const Bytes jpeg = EncodeJpeg({.width = 203, .height = 301}, Slope(203, 301));
  struct Case {
    PageSize enough;
    PageSize given;
  };
  const Case cases[] = {
      {{.width = 102, .height = 151}, {.width = 102, .height = 151}},  // halves, rounded up
      {{.width = 103, .height = 10}, {.width = 203, .height = 301}},   // one pixel more than the half has
      {{.width = 10, .height = 152}, {.width = 203, .height = 301}},
      {{.width = 51, .height = 76}, {.width = 51, .height = 76}},
      {{.width = 26, .height = 38}, {.width = 26, .height = 38}},
      {{.width = 1, .height = 1}, {.width = 26, .height = 38}},  // no less than an eighth
      {{.width = 400, .height = 400}, {.width = 203, .height = 301}},
  };
  for (const auto& [enough, given] : cases) {
    const auto page = ReadReduced(jpeg, enough);

    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ((PageSize{.width = page->image.width(), .height = page->image.height()}), given);
    EXPECT_EQ(page->size(), (PageSize{.width = 203, .height = 301}));
    EXPECT_EQ(page->whole.has_value(), given.width < 203);
  }
}

TEST(Jpeg, ReducedPageIsTheSamePicture) {
  for (const bool progressive : {true, false}) {
    const Bytes jpeg =
        EncodeJpeg({.width = 256, .height = 128, .quality = 100, .progressive = progressive}, Slope(256, 128));
    for (const int block : {4, 2, 1}) {
      const int factor = 8 / block;

      const auto page = ReadReduced(jpeg, {.width = 256 / factor, .height = 128 / factor});

      ASSERT_TRUE(page) << page.error().message;
      ASSERT_EQ(page->image.width(), 256 / factor);
      for (int y = 0; y < page->image.height(); ++y) {
        for (int x = 0; x < page->image.width(); ++x) {
          const double middle = (x * factor + (factor - 1) / 2.0) / 2 + (y * factor + (factor - 1) / 2.0) / 4;
          ASSERT_NEAR(At(page->image, x, y)[0], middle, 4) << x << ' ' << y << " of 1/" << factor;
        }
      }
    }
  }
}

TEST(Jpeg, ReducedPageIsUprightAndMeasuredUpright) {
  const Bytes samples = Slope(64, 128);
  for (std::uint16_t tag = 1; tag <= 8; ++tag) {
    const Bytes jpeg = EncodeJpeg({.width = 64, .height = 128, .exif = Exif(tag, true, true)}, samples);
    const bool lies = tag >= 5;
    const PageSize enough = lies ? PageSize{.width = 64, .height = 20} : PageSize{.width = 20, .height = 64};

    const auto whole = Read(jpeg);
    const auto page = ReadReduced(jpeg, enough);

    ASSERT_TRUE(whole && page);
    EXPECT_EQ(page->size(), whole->size());
    EXPECT_EQ(page->rotation, whole->rotation);
    EXPECT_EQ(page->image.width() * 2, whole->image.width());
    for (const int y : {1, page->image.height() - 2}) {
      for (const int x : {1, page->image.width() - 2}) {
        EXPECT_NEAR(At(page->image, x, y)[0], At(whole->image, 2 * x, 2 * y)[0], 3) << "orientation " << tag;
      }
    }
  }
}

TEST(Jpeg, ReducedPageFailsAsTheWholeOneDoes) {
  Bytes jpeg = Encode({.width = 64, .height = 64});
  const auto document = OpenDocument(jpeg, {});
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)->ReadReducedPage(1, {.width = 8, .height = 8}).error().code, ErrorCode::kBadParameter);
  jpeg.resize(jpeg.size() / 2);

  const auto whole = Read(jpeg);
  const auto reduced = ReadReduced(jpeg, {.width = 8, .height = 8});

  ASSERT_FALSE(whole);
  ASSERT_FALSE(reduced);
  EXPECT_EQ(reduced.error().message, whole.error().message);
}

}  // namespace
}  // namespace doclayout::decode
