#include <gmock/gmock.h>

#include <limits>

#include "decode/document.h"
#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct BmpSpec {
  std::uint32_t header_size = 40;
  std::int32_t width = 0;
  std::int32_t height = 0;
  int bits = 24;
  std::uint32_t compression = 0;
  std::uint32_t colours = 0;
  std::uint32_t per_metre = 0;
  std::vector<std::uint32_t> masks;
  Bytes palette;
  Bytes pixels;
  std::int64_t pixels_at = -1;  ///< -1: where they are
};

Bytes Build(const BmpSpec& spec) {
  Bytes header;
  AppendLittle32(header, spec.header_size);
  if (spec.header_size == 12) {
    AppendLittle16(header, static_cast<std::uint32_t>(spec.width));
    AppendLittle16(header, static_cast<std::uint32_t>(spec.height));
    AppendLittle16(header, 1);
    AppendLittle16(header, static_cast<std::uint32_t>(spec.bits));
  } else {
    AppendLittle32(header, static_cast<std::uint32_t>(spec.width));
    AppendLittle32(header, static_cast<std::uint32_t>(spec.height));
    AppendLittle16(header, 1);
    AppendLittle16(header, static_cast<std::uint32_t>(spec.bits));
    if (spec.header_size > 16) {
      AppendLittle32(header, spec.compression);
      AppendLittle32(header, 0);
      AppendLittle32(header, spec.per_metre);
      AppendLittle32(header, spec.per_metre);
      AppendLittle32(header, spec.colours);
      AppendLittle32(header, 0);
    }
  }
  for (const std::uint32_t mask : spec.masks) AppendLittle32(header, mask);
  header.resize(std::max<std::size_t>(header.size(), spec.header_size));
  header.insert(header.end(), spec.palette.begin(), spec.palette.end());

  Bytes file;
  Append(file, "BM");
  AppendLittle32(file, 0);
  AppendLittle32(file, 0);
  AppendLittle32(file, spec.pixels_at < 0 ? static_cast<std::uint32_t>(14 + header.size())
                                          : static_cast<std::uint32_t>(spec.pixels_at));
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), spec.pixels.begin(), spec.pixels.end());
  return file;
}

Result<Page> Read(const Bytes& bytes, const Limits& limits = {}) {
  auto document = OpenDocument(bytes, limits);
  if (!document) return Fail(document.error());
  EXPECT_EQ((*document)->format(), Format::kBmp);
  return (*document)->ReadPage(0);
}

/// Rows of the pattern as BGR, each padded to four bytes.
Bytes PatternRows(int width, int height, bool top_down) {
  const Image image = Pattern(width, height);
  Bytes rows;
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = image.row(top_down ? y : height - 1 - y);
    rows.insert(rows.end(), row, row + image.row_bytes());
    while (rows.size() % 4 != 0) rows.push_back(0);
  }
  return rows;
}

const Bytes kFourColours{1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 11, 12, 0};

TEST(Bmp, ReadsTwentyFourBitsFromEitherEnd) {
  for (const std::uint32_t header : {12U, 16U, 40U, 64U, 108U, 124U}) {
    const auto page = Read(Build({.header_size = header, .width = 5, .height = 3, .pixels = PatternRows(5, 3, false)}));
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_TRUE(SamePixels(page->image, Pattern(5, 3)));
  }
  const auto page = Read(Build({.width = 5, .height = -3, .pixels = PatternRows(5, 3, true)}));
  ASSERT_TRUE(page);
  EXPECT_TRUE(SamePixels(page->image, Pattern(5, 3)));
}

TEST(Bmp, ReadsPalettesOfEveryDepth) {
  struct Case {
    int bits;
    Bytes pixels;
  };
  // Indices 0 1 1 0 in one row.
  const Case cases[] = {{1, {0x60, 0, 0, 0}}, {2, {0x14, 0, 0, 0}}, {4, {0x01, 0x10, 0, 0}}, {8, {0, 1, 1, 0}}};
  for (const auto& [bits, pixels] : cases) {
    const auto page = Read(Build(
        {.width = 4, .height = 1, .bits = bits, .colours = 2, .palette = {1, 2, 3, 0, 4, 5, 6, 0}, .pixels = pixels}));

    ASSERT_TRUE(page) << bits << page.error().message;
    EXPECT_THAT(At(page->image, 0, 0), ElementsAre(1, 2, 3)) << bits;
    EXPECT_THAT(At(page->image, 1, 0), ElementsAre(4, 5, 6)) << bits;
    EXPECT_THAT(At(page->image, 2, 0), ElementsAre(4, 5, 6)) << bits;
    EXPECT_THAT(At(page->image, 3, 0), ElementsAre(1, 2, 3)) << bits;
  }
}

TEST(Bmp, CorePalettesHaveThreeBytesAColour) {
  const auto page = Read(Build({.header_size = 12,
                                .width = 2,
                                .height = 1,
                                .bits = 1,
                                .palette = {1, 2, 3, 4, 5, 6},
                                .pixels = {0x40, 0, 0, 0}}));

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(4, 5, 6));
}

TEST(Bmp, ReadsSixteenBits) {
  const Bytes pixels{0xFF, 0x7F, 0x00, 0x7C};
  const BmpSpec plain{.width = 2, .height = 1, .bits = 16, .pixels = pixels};
  BmpSpec fields = plain;
  fields.compression = 3;
  fields.masks = {0xF800, 0x07E0, 0x001F};
  fields.pixels = {0xFF, 0xFF, 0x10, 0x84};

  const auto of_555 = Read(Build(plain));
  const auto of_565 = Read(Build(fields));

  ASSERT_TRUE(of_555 && of_565);
  EXPECT_THAT(At(of_555->image, 0, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(of_555->image, 1, 0), ElementsAre(0, 0, 255));
  EXPECT_THAT(At(of_565->image, 0, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(of_565->image, 1, 0), ElementsAre(16 * 255 / 31, 32 * 255 / 63, 16 * 255 / 31));
}

TEST(Bmp, ReadsThirtyTwoBitsWithAndWithoutFields) {
  const BmpSpec plain{.width = 1, .height = 1, .bits = 32, .pixels = {1, 2, 3, 0}};
  BmpSpec fields = plain;
  fields.compression = 3;
  fields.masks = {0x0000'00FF, 0x0000'FF00, 0x00FF'0000};
  BmpSpec wide = plain;
  wide.compression = 3;
  wide.masks = {0x3FF0'0000, 0x000F'FC00, 0x0000'03FF};
  wide.pixels = {0xFF, 0x03, 0x00, 0x00};

  EXPECT_THAT(At(Read(Build(plain))->image, 0, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(At(Read(Build(fields))->image, 0, 0), ElementsAre(3, 2, 1));
  EXPECT_THAT(At(Read(Build(wide))->image, 0, 0), ElementsAre(255, 0, 0));
}

TEST(Bmp, LaysAlphaOnWhiteUnlessItIsUnused) {
  BmpSpec spec{.header_size = 124, .width = 2, .height = 1, .bits = 32, .compression = 3};
  spec.masks = {0x00FF'0000, 0x0000'FF00, 0x0000'00FF, 0xFF00'0000};
  spec.pixels = {1, 2, 3, 0, 1, 2, 3, 255};
  BmpSpec unused = spec;
  unused.pixels = {1, 2, 3, 0, 4, 5, 6, 0};

  const auto page = Read(Build(spec));
  const auto opaque = Read(Build(unused));

  ASSERT_TRUE(page && opaque);
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(At(opaque->image, 0, 0), ElementsAre(1, 2, 3));
}

TEST(Bmp, ReadsRunsOfEightBits) {
  BmpSpec spec{.width = 4, .height = 3, .bits = 8, .compression = 1, .colours = 4, .palette = kFourColours};
  // Bottom row: two 1, then literal 2 3 … end of row; a step of one row up, one right; one 3; end.
  spec.pixels = {2, 1, 2, 2, 0, 0, 0, 2, 1, 1, 1, 3, 0, 1};

  const auto page = Read(Build(spec));

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(At(page->image, 0, 2), ElementsAre(4, 5, 6));
  EXPECT_THAT(At(page->image, 3, 2), ElementsAre(7, 8, 9));
  EXPECT_THAT(At(page->image, 0, 1), ElementsAre(1, 2, 3));
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(10, 11, 12));
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(1, 2, 3));
}

TEST(Bmp, ReadsRunsAndLiteralsOfFourBits) {
  BmpSpec spec{.width = 5, .height = 1, .bits = 4, .compression = 2, .colours = 4, .palette = kFourColours};
  spec.pixels = {2, 0x12, 0, 3, 0x30, 0x10, 0, 1};  // 1 2, then literally 3 0 1

  const auto page = Read(Build(spec));

  ASSERT_TRUE(page) << page.error().message;
  const int expected[] = {4, 7, 10, 1, 4};
  for (int x = 0; x < 5; ++x) EXPECT_EQ(At(page->image, x, 0)[0], expected[x]) << x;
}

TEST(Bmp, RunsStayInsideThePage) {
  BmpSpec spec{.width = 2, .height = 2, .bits = 8, .compression = 1, .colours = 4, .palette = kFourColours};
  spec.pixels = {255, 1, 0, 2, 255, 255, 255, 2, 0, 0, 255, 3, 0, 0, 255, 3, 0, 0, 255, 1, 0, 1};

  const auto page = Read(Build(spec));

  ASSERT_TRUE(page);
  EXPECT_THAT(At(page->image, 1, 1), ElementsAre(4, 5, 6));
}

TEST(Bmp, RefusesRunsThatEndEarly) {
  BmpSpec spec{.width = 4, .height = 2, .bits = 8, .compression = 1, .colours = 4, .palette = kFourColours};
  spec.pixels = {4, 1, 0, 0};
  BmpSpec literal = spec;
  literal.pixels = {0, 200, 1, 1};
  BmpSpec top_down = spec;
  top_down.height = -2;

  EXPECT_THAT(Read(Build(spec)).error().message, HasSubstr("ends early"));
  EXPECT_THAT(Read(Build(literal)).error().message, HasSubstr("ends early"));
  EXPECT_EQ(Read(Build(top_down)).error().code, ErrorCode::kUndecodable);
}

TEST(Bmp, RefusesPaletteIndicesOutOfRange) {
  const BmpSpec plain{
      .width = 1, .height = 1, .bits = 8, .colours = 4, .palette = kFourColours, .pixels = {4, 0, 0, 0}};
  const BmpSpec none{.width = 1, .height = 1, .bits = 8, .pixels = {0, 0, 0, 0}};
  BmpSpec runs = plain;
  runs.compression = 1;
  runs.pixels = {1, 4, 0, 1};
  BmpSpec runs_of_none = none;
  runs_of_none.compression = 1;
  runs_of_none.pixels = {1, 0, 0, 1};

  for (const BmpSpec& spec : {plain, none, runs, runs_of_none}) {
    const auto page = Read(Build(spec));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::kUndecodable);
    EXPECT_THAT(page.error().message, HasSubstr("palette"));
  }
}

TEST(Bmp, RefusesAbsurdSizes) {
  constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  const Bytes pixels(16);

  EXPECT_EQ(Read(Build({.width = 1, .height = kLeast, .pixels = pixels})).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(Read(Build({.width = kMost, .height = kMost, .pixels = pixels})).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(Read(Build({.width = kLeast, .height = 1, .pixels = pixels})).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(Read(Build({.width = 0, .height = 1, .pixels = pixels})).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(Read(Build({.width = 1, .height = 0, .pixels = pixels})).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(Read(Build({.width = 7000, .height = 7000, .pixels = pixels})).error().code, ErrorCode::kUndecodable);
  EXPECT_EQ(Read(Build({.width = 60'000, .height = 60'000, .pixels = pixels})).error().code, ErrorCode::kTooLarge);
}

TEST(Bmp, RefusesPixelsThatAreNotThere) {
  const Bytes pixels = PatternRows(5, 3, false);

  EXPECT_EQ(Read(Build({.width = 5, .height = 3, .pixels = pixels, .pixels_at = 0})).error().code,
            ErrorCode::kUndecodable);
  EXPECT_EQ(Read(Build({.width = 5, .height = 3, .pixels = pixels, .pixels_at = 0xFFFF'FFFF})).error().code,
            ErrorCode::kUndecodable);
}

TEST(Bmp, RefusesUnknownKindsByName) {
  const Bytes pixels(64);

  EXPECT_EQ(Read(Build({.width = 1, .height = 1, .bits = 3, .pixels = pixels})).error().code,
            ErrorCode::kUnsupportedMedia);
  EXPECT_EQ(Read(Build({.width = 1, .height = 1, .compression = 4, .pixels = pixels})).error().code,
            ErrorCode::kUnsupportedMedia);
  EXPECT_EQ(Read(Build({.header_size = 41, .width = 1, .height = 1, .pixels = pixels})).error().code,
            ErrorCode::kUndecodable);
  BmpSpec scattered{.width = 1, .height = 1, .bits = 32, .compression = 3, .masks = {5, 2, 8}, .pixels = pixels};
  EXPECT_EQ(Read(Build(scattered)).error().code, ErrorCode::kUndecodable);
}

TEST(Bmp, ReportsDensity) {
  const auto page = Read(Build({.width = 5, .height = 3, .per_metre = 3937, .pixels = PatternRows(5, 3, false)}));

  ASSERT_TRUE(page);
  EXPECT_NEAR(page->dpi.value_or(0), 100, 0.01);
}

TEST(Bmp, EveryTruncationIsRefusedOrWhole) {
  const Bytes bmp = Build({.width = 5, .height = 3, .pixels = PatternRows(5, 3, false)});
  for (std::size_t size = 2; size < bmp.size(); ++size) {
    const auto page = Read({bmp.begin(), bmp.begin() + static_cast<std::ptrdiff_t>(size)});

    if (page) {
      EXPECT_EQ(size, bmp.size() - 1);  // the padding of the last row
    } else {
      EXPECT_EQ(page.error().code, ErrorCode::kUndecodable) << size;
    }
  }
}

}  // namespace
}  // namespace doclayout::decode
