#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spng.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "render/palette.h"
#include "render/render.h"

namespace doclayout::render {
namespace {

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  Colour at(int x, int y) const {
    const std::size_t i = (static_cast<std::size_t>(y) * width + x) * 3;
    return {rgb[i], rgb[i + 1], rgb[i + 2]};
  }

  int Count(Colour colour) const {
    int count = 0;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        if (at(x, y) == colour) ++count;
      }
    }
    return count;
  }
};

Image WhitePage(int width, int height) {
  Image image(width, height);
  std::ranges::fill(image.bytes(), std::uint8_t{255});
  return image;
}

Picture Annotate(const Image& image, const PageLayout& layout) {
  const auto png = ToAnnotatedPng(image, layout);
  EXPECT_TRUE(png) << (png ? "" : png.error().message);
  if (!png) return {};
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(0), &spng_ctx_free);
  spng_ihdr header{};
  std::size_t size = 0;
  EXPECT_EQ(spng_set_png_buffer(context.get(), png->data(), png->size()), 0);
  EXPECT_EQ(spng_get_ihdr(context.get(), &header), 0);
  EXPECT_EQ(spng_decoded_image_size(context.get(), SPNG_FMT_RGB8, &size), 0);
  Picture picture{static_cast<int>(header.width), static_cast<int>(header.height), std::vector<std::uint8_t>(size)};
  EXPECT_EQ(spng_decode_image(context.get(), picture.rgb.data(), size, SPNG_FMT_RGB8, 0), 0);
  return picture;
}

PageLayout LayoutWith(Region region) {
  return {.regions = {std::move(region)}};
}

TEST(ToAnnotatedPng, DrawsAnOutlineAroundTheBoxInTheLabelsColour) {
  const Picture picture =
      Annotate(WhitePage(400, 600), LayoutWith({.label = "text", .score = 0.9F, .bbox = {50, 200, 350, 500}}));

  EXPECT_EQ(picture.width, 400);
  EXPECT_EQ(picture.height, 600);
  for (const auto& [x, y] : {std::pair{200, 199}, {200, 501}, {49, 350}, {351, 350}}) {
    EXPECT_EQ(picture.at(x, y), LabelColour("text")) << x << ", " << y;
  }
}

TEST(ToAnnotatedPng, LetsThePageShineThrough) {
  Image image = WhitePage(400, 600);
  std::fill_n(image.row(350), image.row_bytes(), std::uint8_t{0});

  const Picture picture = Annotate(image, LayoutWith({.label = "text", .score = 0.9F, .bbox = {50, 200, 350, 500}}));

  EXPECT_GT(picture.at(200, 340).red, 200);  // tinted white
  EXPECT_LT(picture.at(200, 340).red, 255);
  EXPECT_LT(picture.at(200, 350).red, 40);  // tinted black
  EXPECT_EQ(picture.at(20, 20), (Colour{255, 255, 255}));
  EXPECT_EQ(picture.at(20, 350), (Colour{0, 0, 0}));
}

TEST(ToAnnotatedPng, DoesNotFillOutsideThePolygon) {
  Region region = {.label = "figure", .score = 0.9F, .bbox = {50, 200, 350, 500}};
  region.polygon = {{50, 200}, {350, 500}, {50, 500}};

  const Picture picture = Annotate(WhitePage(400, 600), LayoutWith(region));

  EXPECT_NE(picture.at(100, 450), (Colour{255, 255, 255}));
  EXPECT_EQ(picture.at(300, 300), (Colour{255, 255, 255}));
}

TEST(ToAnnotatedPng, DrawsABadgeOnlyWhereThereIsAnOrder) {
  Region region = {.label = "text", .score = 0.9F, .bbox = {50, 200, 350, 500}};
  const int without = Annotate(WhitePage(400, 600), LayoutWith(region)).Count(LabelColour("text"));
  region.order = 7;

  const int with = Annotate(WhitePage(400, 600), LayoutWith(region)).Count(LabelColour("text"));

  EXPECT_GT(with, without + 20);
}

TEST(ToAnnotatedPng, WritesLargerOnLargerPages) {
  const auto tag_pixels = [](int width, int height) {
    const float w = static_cast<float>(width);
    const float h = static_cast<float>(height);
    const Image page = WhitePage(width, height);
    return Annotate(page, LayoutWith({.label = "text", .score = 1, .bbox = {w / 4, h / 2, w / 2, h * 3 / 4}}))
        .Count(LabelColour("text"));
  };

  EXPECT_GT(tag_pixels(1600, 2400), tag_pixels(400, 600) * 8);
}

TEST(ToAnnotatedPng, LeavesAPageWithoutRegionsAsItIs) {
  Image image = WhitePage(20, 10);
  image.row(3)[5] = 77;

  const Picture picture = Annotate(image, {});

  EXPECT_EQ(picture.at(1, 3), (Colour{77, 255, 255}));
  EXPECT_EQ(picture.Count({255, 255, 255}), 199);
}

TEST(ToAnnotatedPng, TakesPagesOfAnyShape) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 20'000}, {20'000, 1}, {64, 48}, {3, 700}}) {
    const Image page = WhitePage(width, height);
    Region region = {.label = "text", .score = 1, .order = 1000};
    region.bbox = {0, 0, static_cast<float>(width), static_cast<float>(height)};

    const Picture picture = Annotate(page, LayoutWith(region));

    EXPECT_EQ(picture.width, width);
    EXPECT_EQ(picture.height, height);
  }
}

TEST(ToAnnotatedPng, TakesCoordinatesAndLabelsOfAnyKind) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  PageLayout layout;
  layout.regions.push_back({.label = "", .score = kNan, .bbox = {kNan, kNan, kNan, kNan}, .order = -5});
  layout.regions.push_back({.label = std::string(10'000, 'x'), .bbox = {-kInfinite, -1e30F, kInfinite, 1e30F}});
  layout.regions.push_back({.label = "正文\xff\n%s", .score = 1e9F, .bbox = {90, 90, 10, 10}, .order = 2'000'000'000});
  layout.regions.push_back({.label = "text", .polygon = {{5, 5}}});
  layout.regions.push_back({.label = "text", .polygon = {{5, 5}, {kNan, 1e9F}}});

  const Picture picture = Annotate(WhitePage(300, 200), layout);

  EXPECT_EQ(picture.width, 300);
}

TEST(ToAnnotatedPng, RefusesAnEmptyPage) {
  const auto png = ToAnnotatedPng(Image(), {});

  ASSERT_FALSE(png);
  EXPECT_EQ(png.error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace doclayout::render
