#include "render/png.h"

#include <fmt/format.h>
#include <spng.h>

#include <cstddef>
#include <memory>
#include <new>

namespace doclayout::render {
namespace {

using Context = std::unique_ptr<spng_ctx, decltype([](spng_ctx* context) { spng_ctx_free(context); })>;

// Called by the C library, which an exception must not cross.
int Append(spng_ctx* /*context*/, void* user, void* source, std::size_t length) {
  auto& out = *static_cast<std::vector<std::uint8_t>*>(user);
  const auto* bytes = static_cast<const std::uint8_t*>(source);
  try {
    out.insert(out.end(), bytes, bytes + length);
  } catch (const std::bad_alloc&) {
    return SPNG_IO_ERROR;
  }
  return 0;
}

int Configure(spng_ctx* context, const Image& image, std::vector<std::uint8_t>& out) {
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.width());
  header.height = static_cast<std::uint32_t>(image.height());
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;

  if (const int error = spng_set_png_stream(context, &Append, &out)) return error;
  if (const int error = spng_set_option(context, SPNG_IMG_COMPRESSION_LEVEL, 1)) return error;
  // One fixed filter: trying all five on each row costs more time than deflate itself at this level.
  if (const int error = spng_set_option(context, SPNG_FILTER_CHOICE, SPNG_FILTER_CHOICE_UP)) return error;
  if (const int error = spng_set_ihdr(context, &header)) return error;
  return spng_encode_image(context, nullptr, 0, SPNG_FMT_PNG, SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
}

int EncodeRows(spng_ctx* context, const Image& image) {
  std::vector<std::uint8_t> rgb(image.row_bytes());
  for (int y = 0; y < image.height(); ++y) {
    const std::uint8_t* bgr = image.row(y);
    for (std::size_t i = 0; i < rgb.size(); i += Image::kChannels) {
      rgb[i] = bgr[i + 2];
      rgb[i + 1] = bgr[i + 1];
      rgb[i + 2] = bgr[i];
    }
    const int error = spng_encode_row(context, rgb.data(), rgb.size());
    if (error == SPNG_EOI) return 0;  // what the last row answers
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

Result<std::vector<std::uint8_t>> EncodePng(const Image& image) {
  if (image.empty()) return Fail(ErrorCode::kInternal, "The picture to encode as PNG has no pixels.");
  try {
    std::vector<std::uint8_t> out;
    const Context context(spng_ctx_new(SPNG_CTX_ENCODER));
    if (context == nullptr) return Fail(ErrorCode::kInternal, "There is no memory left to encode a PNG.");

    int error = Configure(context.get(), image, out);
    if (error == 0) error = EncodeRows(context.get(), image);
    if (error != 0) {
      return Fail(ErrorCode::kInternal,
                  fmt::format("The picture could not be encoded as PNG: {}.", spng_strerror(error)));
    }
    return out;
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kInternal, "There is no memory left to encode a PNG.");
  }
}

}  // namespace doclayout::render
