#include "render/png.h"

#include <gtest/gtest.h>
#include <spng.h>

#include <memory>

namespace doclayout::render {
namespace {

struct Decoded {
  spng_ihdr header{};
  std::vector<std::uint8_t> rgb;
};

Decoded Decode(const std::vector<std::uint8_t>& png) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(0), &spng_ctx_free);
  Decoded decoded;
  std::size_t size = 0;
  EXPECT_EQ(spng_set_png_buffer(context.get(), png.data(), png.size()), 0);
  EXPECT_EQ(spng_get_ihdr(context.get(), &decoded.header), 0);
  EXPECT_EQ(spng_decoded_image_size(context.get(), SPNG_FMT_RGB8, &size), 0);
  decoded.rgb.resize(size);
  EXPECT_EQ(spng_decode_image(context.get(), decoded.rgb.data(), size, SPNG_FMT_RGB8, 0), 0);
  return decoded;
}

TEST(EncodePng, KeepsEveryPixel) {
  Image image(37, 23);
  for (std::size_t i = 0; i < image.size_bytes(); ++i) {
    image.bytes()[i] = static_cast<std::uint8_t>(i * 7 + i / 37);
  }

  const auto png = EncodePng(image);

  ASSERT_TRUE(png);
  const Decoded decoded = Decode(*png);
  EXPECT_EQ(decoded.header.width, 37U);
  EXPECT_EQ(decoded.header.height, 23U);
  EXPECT_EQ(decoded.header.bit_depth, 8);
  EXPECT_EQ(decoded.header.color_type, SPNG_COLOR_TYPE_TRUECOLOR);
  ASSERT_EQ(decoded.rgb.size(), image.size_bytes());
  for (std::size_t i = 0; i < decoded.rgb.size(); i += 3) {
    ASSERT_EQ(decoded.rgb[i], image.bytes()[i + 2]);
    ASSERT_EQ(decoded.rgb[i + 1], image.bytes()[i + 1]);
    ASSERT_EQ(decoded.rgb[i + 2], image.bytes()[i]);
  }
}

TEST(EncodePng, TakesOnePixel) {
  Image image(1, 1);
  image.bytes()[0] = 10;
  image.bytes()[1] = 20;
  image.bytes()[2] = 30;

  const auto png = EncodePng(image);

  ASSERT_TRUE(png);
  EXPECT_EQ(Decode(*png).rgb, (std::vector<std::uint8_t>{30, 20, 10}));
}

TEST(EncodePng, RefusesAnEmptyImage) {
  const auto png = EncodePng(Image());

  ASSERT_FALSE(png);
  EXPECT_EQ(png.error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace doclayout::render
