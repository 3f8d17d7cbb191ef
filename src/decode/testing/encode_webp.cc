#include <webp/encode.h>

#include "decode/testing/check.h"
#include "decode/testing/encode.h"

namespace doclayout::decode::testing {

Bytes EncodeWebp(int width, int height, const Bytes& bgra, std::optional<float> quality) {
  Check(bgra.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4, "WebP samples");
  WebPConfig config;
  Check(WebPConfigInit(&config) != 0, "WebP config");
  config.lossless = quality ? 0 : 1;
  config.exact = 1;
  config.quality = quality.value_or(50);
  WebPPicture picture;
  Check(WebPPictureInit(&picture) != 0, "WebP picture");
  picture.use_argb = 1;
  picture.width = width;
  picture.height = height;
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  Check(WebPPictureImportBGRA(&picture, bgra.data(), width * 4) != 0, "WebP import");
  Check(WebPEncode(&config, &picture) != 0, "WebP");
  Bytes webp(writer.mem, writer.mem + writer.size);
  WebPMemoryWriterClear(&writer);
  WebPPictureFree(&picture);
  return webp;
}

Bytes WithWebpExif(const Bytes& webp, int width, int height, const Bytes& exif) {
  constexpr std::uint32_t kHasExif = 0x08;
  const auto add24 = [](Bytes& target, std::uint32_t value) {
    AppendLittle16(target, value);
    target.push_back(static_cast<std::uint8_t>(value >> 16));
  };
  Bytes body;
  Append(body, "WEBPVP8X");
  AppendLittle32(body, 10);
  AppendLittle32(body, kHasExif);
  add24(body, static_cast<std::uint32_t>(width - 1));
  add24(body, static_cast<std::uint32_t>(height - 1));
  body.insert(body.end(), webp.begin() + 12, webp.end());
  Append(body, "EXIF");
  AppendLittle32(body, static_cast<std::uint32_t>(exif.size()));
  body.insert(body.end(), exif.begin(), exif.end());
  if (exif.size() % 2 != 0) body.push_back(0);
  Bytes file;
  Append(file, "RIFF");
  AppendLittle32(file, static_cast<std::uint32_t>(body.size()));
  file.insert(file.end(), body.begin(), body.end());
  return file;
}

}  // namespace doclayout::decode::testing
