#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <cstddef>
#include <memory>
#include <new>

#include "decode/blend.h"
#include "decode/exif_orientation.h"
#include "decode/formats.h"
#include "decode/page_size.h"

namespace doclayout::decode {
namespace {

tl::unexpected<Error> Broken(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return Fail(ErrorCode::kTooLarge, "There is no memory to decode the WebP.");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return Fail(ErrorCode::kUndecodable, "The WebP data ends early: the file is truncated.");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return Fail(ErrorCode::kUnsupportedMedia, "The WebP uses a feature that is not read.");
    default:
      return Fail(ErrorCode::kUndecodable, "The WebP is broken: its data makes no picture.");
  }
}

/// The EXIF chunk stands after the pixels, so that a file cut short has none: it is refused later, for its pixels.
Orientation ReadOrientation(std::span<const std::uint8_t> bytes) {
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data), &WebPDemuxDelete);
  if (demuxer == nullptr) return Orientation::kTopLeft;
  WebPChunkIterator chunk{};
  Orientation orientation = Orientation::kTopLeft;
  if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
    orientation = ParseExifOrientation({chunk.chunk.bytes, chunk.chunk.size});
  }
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

class WebpDocument final : public SinglePageDocument {
 public:
  WebpDocument(std::span<const std::uint8_t> bytes, const WebPBitstreamFeatures& features)
      : SinglePageDocument(ReadOrientation(bytes), {}), bytes_(bytes), features_(features) {}

  Format format() const override { return Format::kWebp; }

 protected:
  Result<Image> Decode() override {
    auto image = AllocateImage(features_.width, features_.height);
    if (!image) return image;
    const VP8StatusCode status = features_.has_alpha != 0 ? DecodeOnWhite(*image) : DecodeOpaque(*image);
    if (status != VP8_STATUS_OK) return Broken(status);
    return image;
  }

 private:
  VP8StatusCode DecodeOpaque(Image& image) const {
    return DecodeInto(image.row(0), image.row_bytes(), image.size_bytes(), MODE_BGR);
  }

  VP8StatusCode DecodeOnWhite(Image& image) const {
    const std::size_t row_bytes = static_cast<std::size_t>(image.width()) * 4;
    const std::size_t size = row_bytes * static_cast<std::size_t>(image.height());
    const std::unique_ptr<std::uint8_t[]> bgra(new (std::nothrow) std::uint8_t[size]);
    if (bgra == nullptr) return VP8_STATUS_OUT_OF_MEMORY;
    const VP8StatusCode status = DecodeInto(bgra.get(), row_bytes, size, MODE_BGRA);
    if (status != VP8_STATUS_OK) return status;
    for (int y = 0; y < image.height(); ++y) {
      RowOnWhite<2>(bgra.get() + row_bytes * static_cast<std::size_t>(y), static_cast<std::size_t>(image.width()),
                    image.row(y));
    }
    return VP8_STATUS_OK;
  }

  /// libwebp's short functions tell only that they failed; this one tells why.
  VP8StatusCode DecodeInto(std::uint8_t* pixels, std::size_t row_bytes, std::size_t size, WEBP_CSP_MODE mode) const {
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = mode;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = static_cast<int>(row_bytes);
    config.output.u.RGBA.size = size;
    return WebPDecode(bytes_.data(), bytes_.size(), &config);
  }

  const std::span<const std::uint8_t> bytes_;
  const WebPBitstreamFeatures features_;
};

}  // namespace

Result<std::unique_ptr<Document>> OpenWebp(std::span<const std::uint8_t> bytes, const Limits& limits) {
  WebPBitstreamFeatures features{};
  const VP8StatusCode status = WebPGetFeatures(bytes.data(), bytes.size(), &features);
  if (status != VP8_STATUS_OK) return Broken(status);
  if (features.has_animation != 0) {
    return Fail(ErrorCode::kUnsupportedMedia, "Animated WebP is not read; send one frame as a still image.");
  }
  if (features.width <= 0 || features.height <= 0) return Broken(VP8_STATUS_BITSTREAM_ERROR);
  const auto fits =
      CheckPageSize(static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height), limits);
  if (!fits) return Fail(fits.error());
  return std::make_unique<WebpDocument>(bytes, features);
}

}  // namespace doclayout::decode
