#include <spng.h>

#include <algorithm>
#include <cstdlib>

#include "decode/testing/check.h"
#include "decode/testing/encode.h"

namespace doclayout::decode::testing {
namespace {

std::uint32_t Crc(const Bytes& bytes) {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB8'8320 : 0);
  }
  return ~crc;
}

}  // namespace

Bytes EncodePng(const PngSpec& spec, const Bytes& rows) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = spec.width;
  header.height = spec.height;
  header.bit_depth = static_cast<std::uint8_t>(spec.bit_depth);
  header.color_type = static_cast<std::uint8_t>(spec.color_type);
  header.interlace_method = spec.interlaced ? SPNG_INTERLACE_ADAM7 : SPNG_INTERLACE_NONE;
  Check(spng_set_ihdr(context, &header) == 0, "IHDR");
  if (!spec.palette.empty()) {
    spng_plte palette{};
    for (const auto& colour : spec.palette) {
      palette.entries[palette.n_entries++] = {colour[0], colour[1], colour[2], 0};
    }
    Check(spng_set_plte(context, &palette) == 0, "PLTE");
  }
  if (!spec.palette_alpha.empty() || spec.transparent) {
    spng_trns transparency{};
    transparency.n_type3_entries = static_cast<std::uint32_t>(spec.palette_alpha.size());
    std::copy(spec.palette_alpha.begin(), spec.palette_alpha.end(), transparency.type3_alpha);
    if (spec.transparent) {
      transparency.gray = transparency.red = (*spec.transparent)[0];
      transparency.green = (*spec.transparent)[1];
      transparency.blue = (*spec.transparent)[2];
    }
    Check(spng_set_trns(context, &transparency) == 0, "tRNS");
  }
  Check(spng_encode_image(context, rows.data(), rows.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE) == 0, "PNG rows");
  std::size_t size = 0;
  int code = 0;
  void* buffer = spng_get_png_buffer(context, &size, &code);
  Check(buffer != nullptr, "PNG");
  Bytes png;
  if (const auto* bytes = static_cast<const std::uint8_t*>(buffer)) png.assign(bytes, bytes + size);
  std::free(buffer);
  spng_ctx_free(context);
  return png;
}

Bytes PngChunk(std::string_view type, const Bytes& contents) {
  Bytes summed;
  Append(summed, type);
  summed.insert(summed.end(), contents.begin(), contents.end());
  Bytes chunk;
  AppendBig32(chunk, static_cast<std::uint32_t>(contents.size()));
  chunk.insert(chunk.end(), summed.begin(), summed.end());
  AppendBig32(chunk, Crc(summed));
  return chunk;
}

Bytes InsertPngChunk(const Bytes& png, std::string_view before, const Bytes& chunk) {
  const auto found = std::search(png.begin(), png.end(), before.begin(), before.end());
  Check(found != png.end(), "PNG chunk to insert before");
  Bytes result = png;
  result.insert(result.begin() + (found - png.begin()) - 4, chunk.begin(), chunk.end());
  return result;
}

}  // namespace doclayout::decode::testing
