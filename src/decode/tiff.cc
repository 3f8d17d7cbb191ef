#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "decode/blend.h"
#include "decode/formats.h"
#include "decode/page_size.h"
#include "decode/tiff_file.h"

// libtiff turns every photometric interpretation into RGBA of 8 bits; 16-bit samples are made v >> 8, as in PNG.

namespace doclayout::decode {
namespace {

constexpr double kCentimetresPerInch = 2.54;
// Beside colours and opacity, a few channels that are skipped.
constexpr int kMaxSamplesPerPixel = 16;
// Tiles may be larger than the picture. They are decoded whole, so that their area is bounded too.
constexpr std::uint64_t kMaxTileArea = 16'000'000;
// One strip may hold the whole page with four samples of 16 bits.
constexpr std::size_t kMaxBytesPerPixel = 8;
constexpr std::size_t kMemoryBase = 16 * 1024 * 1024;

// What scanners, fax machines and office programs write. Others (old-style JPEG, JBIG, LERC, LZMA …) are rare, and
// their decoders can be made to take memory that no limit here sees.
constexpr std::array<std::uint16_t, 10> kCompressions{
    COMPRESSION_NONE, COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3,     COMPRESSION_CCITTFAX4, COMPRESSION_CCITTRLEW,
    COMPRESSION_LZW,  COMPRESSION_JPEG,     COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,   COMPRESSION_PACKBITS};

template <typename T>
T Field(TIFF* tiff, std::uint32_t tag, T otherwise) {
  T value{};
  return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : otherwise;
}

/// How the opacity that libtiff hands over has to be understood.
enum class Alpha {
  kNone,
  kPremultiplied,  ///< libtiff multiplies straight colours itself …
  kStraight,       ///< … but not gray
};

/// libtiff's state of the conversion to RGBA of the current directory.
class RgbaReader {
 public:
  explicit RgbaReader(TIFF* tiff) : tiff_(tiff) {
    char reason[1024] = "";
    constexpr int kStopOnError = 1;
    begun_ = TIFFRGBAImageBegin(&image_, tiff, kStopOnError, reason) == 1;
    if (!begun_) return;
    // Rows in stored order from the top; `Turn` does the rest, because libtiff flips but does not turn by 90 degrees.
    image_.orientation = ORIENTATION_TOPLEFT;
    image_.req_orientation = ORIENTATION_TOPLEFT;
    if (image_.Bitdepth16To8 != nullptr) {
      for (int value = 0; value < 65536; ++value) image_.Bitdepth16To8[value] = static_cast<std::uint8_t>(value >> 8);
    }
    alpha_ = FindAlpha();
  }
  ~RgbaReader() {
    if (begun_) TIFFRGBAImageEnd(&image_);
  }
  RgbaReader(const RgbaReader&) = delete;
  RgbaReader& operator=(const RgbaReader&) = delete;

  bool begun() const { return begun_; }
  Alpha alpha() const { return alpha_; }

  /// Reads `count` rows from `first` into `raster`, `width` pixels a row.
  bool ReadRows(int first, int count, std::uint32_t* raster) {
    image_.row_offset = first;
    return TIFFRGBAImageGet(&image_, raster, image_.width, static_cast<std::uint32_t>(count)) == 1;
  }

 private:
  Alpha FindAlpha() const {
    std::uint16_t count = 0;
    std::uint16_t* types = nullptr;
    TIFFGetFieldDefaulted(tiff_, TIFFTAG_EXTRASAMPLES, &count, &types);
    if (image_.alpha == 0) return Alpha::kNone;
    // libtiff takes a fourth channel of no stated meaning for opacity; it is padding.
    if (count > 0 && types[0] == EXTRASAMPLE_UNSPECIFIED) return Alpha::kNone;
    const bool gray = image_.photometric == PHOTOMETRIC_MINISBLACK || image_.photometric == PHOTOMETRIC_MINISWHITE;
    return gray && image_.alpha == EXTRASAMPLE_UNASSALPHA ? Alpha::kStraight : Alpha::kPremultiplied;
  }

  TIFF* const tiff_;
  TIFFRGBAImage image_{};
  bool begun_ = false;
  Alpha alpha_ = Alpha::kNone;
};

void RasterToBgr(const std::uint32_t* raster, std::size_t width, Alpha alpha, std::uint8_t* bgr) {
  for (std::size_t x = 0; x < width; ++x, bgr += 3) {
    const std::uint32_t pixel = raster[x];
    const std::uint32_t opacity = alpha == Alpha::kNone ? 255 : TIFFGetA(pixel);
    const std::array<std::uint32_t, 3> colours{TIFFGetB(pixel), TIFFGetG(pixel), TIFFGetR(pixel)};
    for (std::size_t channel = 0; channel < 3; ++channel) {
      bgr[channel] = alpha == Alpha::kStraight
                         ? OnWhite(colours[channel], opacity)
                         : static_cast<std::uint8_t>(std::min<std::uint32_t>(255, colours[channel] + 255 - opacity));
    }
  }
}

Density ReadDensity(TIFF* tiff) {
  const auto unit = Field<std::uint16_t>(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  if (unit != RESUNIT_INCH && unit != RESUNIT_CENTIMETER) return {};
  const double scale = unit == RESUNIT_INCH ? 1 : kCentimetresPerInch;
  return {PlausibleDpi(static_cast<double>(Field<float>(tiff, TIFFTAG_XRESOLUTION, 0)) * scale),
          PlausibleDpi(static_cast<double>(Field<float>(tiff, TIFFTAG_YRESOLUTION, 0)) * scale)};
}

std::uint32_t RoundUp(std::uint32_t value, std::uint32_t step) {
  return (value + step - 1) / step;
}

/// Checks the current directory before anything of it is decoded.
Result<void> CheckDirectory(TIFF* tiff, const Limits& limits) {
  const auto width = Field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
  const auto height = Field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
  if (auto fits = CheckPageSize(width, height, limits); !fits) return fits;

  const auto compression = Field<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (std::find(kCompressions.begin(), kCompressions.end(), compression) == kCompressions.end()) {
    return Fail(
        ErrorCode::kUnsupportedMedia,
        fmt::format("A TIFF with compression {} is not read; uncompressed, fax, LZW, JPEG, Deflate and PackBits "
                    "ones are.",
                    compression));
  }
  const auto samples = Field<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  if (samples > kMaxSamplesPerPixel) {
    return Fail(ErrorCode::kUnsupportedMedia,
                fmt::format("A TIFF of {} channels is not read; at most {} are.", samples, kMaxSamplesPerPixel));
  }
  if (TIFFIsTiled(tiff) == 0) return {};

  const auto tile_width = Field<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0);
  const auto tile_height = Field<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
  constexpr std::uint32_t kMaxTileSide = 1 << 20;
  if (tile_width == 0 || tile_height == 0 || tile_width > kMaxTileSide || tile_height > kMaxTileSide) {
    return Fail(ErrorCode::kUndecodable,
                fmt::format("The TIFF is broken: its tiles are {} x {} pixels.", tile_width, tile_height));
  }
  const std::uint64_t tiles = std::uint64_t{RoundUp(width, tile_width)} * RoundUp(height, tile_height);
  const std::uint64_t area = std::uint64_t{tile_width} * tile_height;
  const std::uint64_t allowed = std::max(kMaxTileArea, std::uint64_t{width} * height * 4);
  if (area > allowed || tiles > allowed / area) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("The TIFF's tiles of {} x {} pixels are far larger than its page of {} x {}.", tile_width,
                            tile_height, width, height));
  }
  return {};
}

class TiffDocument final : public Document {
 public:
  TiffDocument(std::span<const std::uint8_t> bytes, const Limits& limits)
      : limits_(limits),
        file_(bytes, kMemoryBase +
                         kMaxBytesPerPixel * static_cast<std::size_t>(std::max<std::int64_t>(0, limits.max_pixels))) {}

  Format format() const override { return Format::kTiff; }
  int page_count() const override { return size_.pages(); }

  /// Reads every directory: counts pages and pixels and checks them.
  Result<void> ReadDirectories() {
    TIFF* tiff = file_.get();
    if (tiff == nullptr) return file_.Broken();
    while (true) {
      if (auto good = CheckDirectory(tiff, limits_); !good) return good;
      if (auto fits = size_.AddPage(Field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0),
                                    Field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0));
          !fits) {
        return fits;
      }
      if (TIFFLastDirectory(tiff) != 0) return {};
      // Fails too where a directory points back to one that was read already.
      file_.ClearMessages();
      if (TIFFReadDirectory(tiff) == 0) {
        return Fail(ErrorCode::kUndecodable,
                    fmt::format("The TIFF is broken: the directory after page {} cannot be read or was there before.",
                                size_.pages()));
      }
    }
  }

  Result<Page> ReadPage(int index) override {
    if (auto found = CheckPageIndex(index, size_.pages()); !found) return Fail(found.error());
    TIFF* tiff = file_.get();
    file_.ClearMessages();
    if (TIFFSetDirectory(tiff, static_cast<tdir_t>(index)) == 0) return file_.Broken();
    if (auto good = CheckDirectory(tiff, limits_); !good) return Fail(good.error());
    char reason[1024] = "";
    if (TIFFRGBAImageOK(tiff, reason) == 0) {
      return Fail(ErrorCode::kUnsupportedMedia, fmt::format("This kind of TIFF is not read: {}.", reason));
    }
    auto image = Decode();
    if (!image) return Fail(image.error());
    const auto orientation = Field<std::uint16_t>(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    return FinishPage(index, *std::move(image), OrientationFromTag(orientation), ReadDensity(tiff));
  }

 private:
  /// Rows that are stored together: to ask for fewer would decode a strip or tile once more for each band.
  int BandHeight(int height) const {
    const std::uint32_t rows = TIFFIsTiled(file_.get()) != 0
                                   ? Field<std::uint32_t>(file_.get(), TIFFTAG_TILELENGTH, 1)
                                   : Field<std::uint32_t>(file_.get(), TIFFTAG_ROWSPERSTRIP, 1);
    return static_cast<int>(std::clamp<std::uint32_t>(rows, 1, static_cast<std::uint32_t>(height)));
  }

  Result<Image> Decode() {
    TIFF* tiff = file_.get();
    const int width = static_cast<int>(Field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0));
    const int height = static_cast<int>(Field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0));
    RgbaReader reader(tiff);
    if (!reader.begun()) return file_.Broken();

    auto image = AllocateImage(width, height);
    if (!image) return image;
    const int band = BandHeight(height);
    const auto row_pixels = static_cast<std::size_t>(width);
    const std::unique_ptr<std::uint32_t[]> raster(new (std::nothrow)
                                                      std::uint32_t[row_pixels * static_cast<std::size_t>(band)]);
    if (raster == nullptr) return Fail(ErrorCode::kTooLarge, "There is no memory to decode the TIFF.");
    for (int first = 0; first < height; first += band) {
      const int rows = std::min(band, height - first);
      if (!reader.ReadRows(first, rows, raster.get()) || file_.damaged()) return file_.Broken();
      for (int y = 0; y < rows; ++y) {
        RasterToBgr(raster.get() + row_pixels * static_cast<std::size_t>(y), row_pixels, reader.alpha(),
                    image->row(first + y));
      }
    }
    return image;
  }

  const Limits limits_;
  DocumentSize size_{limits_};
  TiffFile file_;
};

}  // namespace

Result<std::unique_ptr<Document>> OpenTiff(std::span<const std::uint8_t> bytes, const Limits& limits) {
  auto document = std::make_unique<TiffDocument>(bytes, limits);
  if (auto read = document->ReadDirectories(); !read) return Fail(read.error());
  return document;
}

}  // namespace doclayout::decode
