#include <fmt/format.h>
#include <spng.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "decode/blend.h"
#include "decode/byte_order.h"
#include "decode/exif_orientation.h"
#include "decode/formats.h"
#include "decode/page_size.h"

// libspng gives 8 bits of a 16-bit sample by dropping the low byte (v >> 8), as OpenCV's and Pillow's readers do.

namespace doclayout::decode {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkFrame = 12;  // length, type, CRC
constexpr double kMetresPerInch = 0.0254;
// The largest chunk that libspng keeps is a palette of 768 bytes. Pixels are streamed and do not count.
constexpr std::size_t kChunkLimit = 64 * 1024;

/// Where one chunk lies in the file. `bytes` may be shorter than stated in a truncated file.
struct Chunk {
  std::span<const std::uint8_t> frame;  ///< length, type, contents, CRC
  std::span<const std::uint8_t> contents;
  bool complete = false;

  bool Is(const char (&type)[5]) const { return std::memcmp(&frame[4], type, 4) == 0; }
  /// A small first letter marks what a reader may leave out.
  bool critical() const { return (frame[4] & 0x20) == 0; }
};

/// Walks the chunks without looking into them.
class ChunkWalk {
 public:
  explicit ChunkWalk(std::span<const std::uint8_t> file) : rest_(file.subspan(kSignatureBytes)) {}

  bool Next(Chunk& chunk) {
    if (rest_.size() < 8) return false;
    const std::size_t stated = BigEndian32(rest_.data());
    chunk.complete = stated + kChunkFrame <= rest_.size();
    chunk.frame = rest_.first(std::min(stated + kChunkFrame, rest_.size()));
    chunk.contents = chunk.frame.subspan(8, std::min(stated, chunk.frame.size() - 8));
    rest_ = rest_.subspan(chunk.frame.size());
    return true;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

/// Hands libspng the file without the chunks that pixels do not need: colour profiles, texts and other metadata can be
/// large, compressed bombs or merely broken, and none of that is a reason to refuse a picture.
class PixelStream {
 public:
  explicit PixelStream(std::span<const std::uint8_t> file) : walk_(file), pending_(file.first(kSignatureBytes)) {}

  static int Read(spng_ctx* /*context*/, void* user, void* target, std::size_t length) {
    return static_cast<PixelStream*>(user)->Take(static_cast<std::uint8_t*>(target), length);
  }

 private:
  int Take(std::uint8_t* target, std::size_t length) {
    while (length > 0) {
      if (pending_.empty() && !FindNext()) return SPNG_IO_EOF;
      const std::size_t part = std::min(length, pending_.size());
      std::memcpy(target, pending_.data(), part);
      pending_ = pending_.subspan(part);
      target += part;
      length -= part;
    }
    return 0;
  }

  bool FindNext() {
    Chunk chunk;
    while (walk_.Next(chunk)) {
      if (!chunk.critical() && !chunk.Is("tRNS")) continue;
      pending_ = chunk.frame;
      return true;
    }
    return false;
  }

  ChunkWalk walk_;
  std::span<const std::uint8_t> pending_;
};

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

tl::unexpected<Error> Broken(int code) {
  if (code == SPNG_EMEM) return Fail(ErrorCode::kTooLarge, "There is no memory to decode the PNG.");
  if (code == SPNG_IO_EOF || code == SPNG_EIDAT_TOO_SHORT) {
    return Fail(ErrorCode::kUndecodable, "The PNG data ends early: the file is truncated.");
  }
  return Fail(ErrorCode::kUndecodable, fmt::format("The PNG is broken: {}.", spng_strerror(code)));
}

/// `stream` must outlive the context.
Result<Context> NewContext(PixelStream& stream) {
  Context context(spng_ctx_new(0));
  if (context == nullptr) return Broken(SPNG_EMEM);
  int code = spng_set_chunk_limits(context.get(), kChunkLimit, kChunkLimit);
  if (code == SPNG_OK) code = spng_set_png_stream(context.get(), &PixelStream::Read, &stream);
  if (code != SPNG_OK) return Broken(code);
  return context;
}

/// What the file says beside its pixels.
struct Extras {
  Orientation orientation = Orientation::kTopLeft;
  Density density;
  bool transparent_colour = false;
};

Density ReadPhys(std::span<const std::uint8_t> contents) {
  constexpr std::uint8_t kPerMetre = 1;
  if (contents.size() != 9 || contents[8] != kPerMetre) return {};
  return {PlausibleDpi(BigEndian32(contents.data()) * kMetresPerInch),
          PlausibleDpi(BigEndian32(&contents[4]) * kMetresPerInch)};
}

/// eXIf may stand after the pixels, so that the walk goes to the end.
Extras ReadExtras(std::span<const std::uint8_t> file) {
  Extras extras;
  ChunkWalk walk(file);
  Chunk chunk;
  while (walk.Next(chunk) && chunk.complete && !chunk.Is("IEND")) {
    if (chunk.Is("eXIf")) extras.orientation = ParseExifOrientation(chunk.contents);
    if (chunk.Is("pHYs")) extras.density = ReadPhys(chunk.contents);
    if (chunk.Is("tRNS")) extras.transparent_colour = true;
  }
  return extras;
}

void SwapRedAndBlue(std::uint8_t* row, std::size_t width) {
  for (std::size_t x = 0; x < width; ++x, row += 3) std::swap(row[0], row[2]);
}

void GrayToBgr(const std::uint8_t* gray, std::size_t width, std::uint8_t* bgr) {
  for (std::size_t x = 0; x < width; ++x, bgr += 3) bgr[0] = bgr[1] = bgr[2] = gray[x];
}

class PngDocument final : public SinglePageDocument {
 public:
  PngDocument(std::span<const std::uint8_t> bytes, const spng_ihdr& header, const Extras& extras)
      : SinglePageDocument(extras.orientation, extras.density), bytes_(bytes), header_(header) {
    const bool alpha = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
                       header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA || extras.transparent_colour;
    const bool gray = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth <= 8;
    if (alpha) {
      format_ = SPNG_FMT_RGBA8;
      pixel_bytes_ = 4;
    } else if (gray) {
      // Without conversion where there is none to do: libspng then copies rows.
      format_ = header.bit_depth == 8 ? SPNG_FMT_PNG : SPNG_FMT_G8;
      pixel_bytes_ = 1;
    }
  }

  Format format() const override { return Format::kPng; }

 protected:
  Result<Image> Decode() override {
    PixelStream stream(bytes_);
    auto context = NewContext(stream);
    if (!context) return Fail(context.error());
    auto image = AllocateImage(static_cast<int>(header_.width), static_cast<int>(header_.height));
    if (!image) return image;
    try {
      const int code = header_.interlace_method == SPNG_INTERLACE_NONE ? DecodeRows(context->get(), *image)
                                                                       : DecodeWhole(context->get(), *image);
      if (code != SPNG_OK) return Broken(code);
    } catch (const std::bad_alloc&) {
      return Broken(SPNG_EMEM);
    }
    // The sum of the last IDAT is checked only when reading on. A missing end after good pixels does no harm.
    if (spng_decode_chunks(context->get()) == SPNG_ECHUNK_CRC) return Broken(SPNG_ECHUNK_CRC);
    return image;
  }

 private:
  std::size_t width() const { return header_.width; }

  /// Into BGR. Rows that libspng wrote as RGB lie in `bgr` already.
  void ConvertRow(const std::uint8_t* row, std::uint8_t* bgr) const {
    if (format_ == SPNG_FMT_RGBA8) {
      RowOnWhite<0>(row, width(), bgr);
    } else if (pixel_bytes_ == 1) {
      GrayToBgr(row, width(), bgr);
    } else {
      SwapRedAndBlue(bgr, width());
    }
  }

  /// One row after the other: nothing but the image holds the page.
  int DecodeRows(spng_ctx* context, Image& image) const {
    int code = spng_decode_image(context, nullptr, 0, format_, SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
    if (code != SPNG_OK) return code;
    const bool in_place = format_ == SPNG_FMT_RGB8;
    std::vector<std::uint8_t> buffer(in_place ? 0 : width() * pixel_bytes_);
    for (int y = 0; y < image.height(); ++y) {
      std::uint8_t* row = in_place ? image.row(y) : buffer.data();
      code = spng_decode_row(context, row, width() * pixel_bytes_);
      const bool last = y + 1 == image.height();
      if (code != SPNG_OK && !(last && code == SPNG_EOI)) return code;
      ConvertRow(row, image.row(y));
    }
    return SPNG_OK;
  }

  /// Adam7 passes each add pixels to all rows, so that they have to be there at once.
  int DecodeWhole(spng_ctx* context, Image& image) const {
    const bool in_place = format_ == SPNG_FMT_RGB8;
    const std::size_t row_bytes = width() * pixel_bytes_;
    const std::size_t size = row_bytes * header_.height;
    const auto buffer = in_place ? nullptr : std::make_unique_for_overwrite<std::uint8_t[]>(size);
    std::uint8_t* pixels = in_place ? image.row(0) : buffer.get();
    const int code = spng_decode_image(context, pixels, size, format_, SPNG_DECODE_TRNS);
    if (code != SPNG_OK) return code;
    for (int y = 0; y < image.height(); ++y) {
      ConvertRow(pixels + row_bytes * static_cast<std::size_t>(y), image.row(y));
    }
    return SPNG_OK;
  }

  const std::span<const std::uint8_t> bytes_;
  const spng_ihdr header_;
  int format_ = SPNG_FMT_RGB8;
  std::size_t pixel_bytes_ = 3;
};

}  // namespace

Result<std::unique_ptr<Document>> OpenPng(std::span<const std::uint8_t> bytes, const Limits& limits) {
  PixelStream stream(bytes);
  auto context = NewContext(stream);
  if (!context) return Fail(context.error());
  spng_ihdr header{};
  if (const int code = spng_get_ihdr(context->get(), &header); code != SPNG_OK) return Broken(code);
  if (auto fits = CheckPageSize(header.width, header.height, limits); !fits) return Fail(fits.error());
  return std::make_unique<PngDocument>(bytes, header, ReadExtras(bytes));
}

}  // namespace doclayout::decode
