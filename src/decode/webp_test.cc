#include <gmock/gmock.h>

#include "decode/document.h"
#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Page> Read(const Bytes& bytes, const Limits& limits = {}) {
  auto document = OpenDocument(bytes, limits);
  if (!document) return Fail(document.error());
  EXPECT_EQ((*document)->format(), Format::kWebp);
  return (*document)->ReadPage(0);
}

Bytes Opaque(const Image& image) {
  Bytes bgra;
  for (std::size_t i = 0; i < image.size_bytes(); i += 3) {
    bgra.insert(bgra.end(), {image.bytes()[i], image.bytes()[i + 1], image.bytes()[i + 2], 255});
  }
  return bgra;
}

TEST(Webp, ReadsLosslessExactlyAndLossyNearly) {
  const Bytes bgra = Opaque(Pattern(37, 19));

  const auto lossless = Read(EncodeWebp(37, 19, bgra));
  const auto lossy = Read(EncodeWebp(37, 19, bgra, 95.0F));

  ASSERT_TRUE(lossless && lossy);
  EXPECT_TRUE(SamePixels(lossless->image, Pattern(37, 19)));
  EXPECT_TRUE(SamePixels(lossy->image, Pattern(37, 19), 80));
}

TEST(Webp, LaysTransparencyOnWhite) {
  const auto page = Read(EncodeWebp(3, 1, {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 128}));

  ASSERT_TRUE(page);
  EXPECT_THAT(At(page->image, 0, 0), ElementsAre(10, 20, 30));
  EXPECT_THAT(At(page->image, 1, 0), ElementsAre(255, 255, 255));
  EXPECT_THAT(At(page->image, 2, 0), ElementsAre(127, 177, 227));
}

TEST(Webp, AppliesExifOrientation) {
  const Bytes plain = EncodeWebp(5, 3, Opaque(Pattern(5, 3)));
  for (const bool prefix : {false, true}) {
    const auto page = Read(WithWebpExif(plain, 5, 3, Exif(8, true, prefix)));

    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->rotation, 270);
    EXPECT_EQ(page->image.width(), 3);
    EXPECT_EQ(At(page->image, 0, 4), At(Pattern(5, 3), 0, 0));
  }
}

TEST(Webp, RefusesAnimationClearly) {
  Bytes animated = WithWebpExif(EncodeWebp(5, 3, Opaque(Pattern(5, 3))), 5, 3, {1, 2});
  animated[20] |= 0x02;  // the flag of animation in VP8X

  const auto document = OpenDocument(animated, {});

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(document.error().message, HasSubstr("nimated"));
}

TEST(Webp, LimitsAreCheckedBeforePixels) {
  const Bytes webp = EncodeWebp(37, 19, Opaque(Pattern(37, 19)));

  EXPECT_EQ(OpenDocument(webp, {.max_pixels = 37 * 19 - 1}).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(OpenDocument(webp, {.max_dimension = 36}).error().code, ErrorCode::kTooLarge);
}

TEST(Webp, EveryTruncationIsRefusedOrWhole) {
  const Bytes bgra = Opaque(Pattern(37, 19));
  for (const bool lossless : {true, false}) {
    const Bytes webp = EncodeWebp(37, 19, bgra, lossless ? std::nullopt : std::optional(80.0F));
    const Image whole = Read(webp)->image.Clone();
    for (std::size_t size = 12; size < webp.size(); ++size) {
      const auto page = Read({webp.begin(), webp.begin() + static_cast<std::ptrdiff_t>(size)});

      if (page) {
        EXPECT_TRUE(SamePixels(page->image, whole)) << size;
      } else {
        EXPECT_EQ(page.error().code, ErrorCode::kUndecodable) << size;
      }
    }
    EXPECT_THAT(Read({webp.begin(), webp.begin() + static_cast<std::ptrdiff_t>(webp.size() / 2)}).error().message,
                HasSubstr("ends early"));
  }
}

}  // namespace
}  // namespace doclayout::decode
