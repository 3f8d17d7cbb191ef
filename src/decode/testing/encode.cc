#include "decode/testing/encode.h"

#include <cstdio>
#include <cstdlib>
// clang-format off
#include <jpeglib.h>
// clang-format on
#include <spng.h>
#include <tiffio.h>
#include <webp/encode.h>

#include <algorithm>
#include <cstring>

namespace doclayout::decode::testing {
namespace {

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "test input could not be made: %s\n", what);
  std::abort();
}

std::uint32_t Crc(const Bytes& bytes) {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB8'8320 : 0);
  }
  return ~crc;
}

/// Bands of single coefficients, first without their lowest bits, then bit by bit.
std::vector<jpeg_scan_info> ManyScans(int times) {
  std::vector<jpeg_scan_info> scans;
  const auto add = [&](int first, int last, int high, int low) {
    jpeg_scan_info scan{};
    scan.comps_in_scan = 1;
    scan.Ss = first;
    scan.Se = last;
    scan.Ah = high;
    scan.Al = low;
    scans.push_back(scan);
  };
  add(0, 0, 0, 0);
  for (int low = times - 1; low >= 0; --low) {
    for (int k = 1; k < 64; ++k) add(k, k, low == times - 1 ? 0 : low + 1, low);
  }
  return scans;
}

/// One sequential scan for each component.
std::vector<jpeg_scan_info> SeparateScans(int components) {
  std::vector<jpeg_scan_info> scans(static_cast<std::size_t>(components));
  for (int i = 0; i < components; ++i) {
    jpeg_scan_info& scan = scans[static_cast<std::size_t>(i)];
    scan.comps_in_scan = 1;
    scan.component_index[0] = i;
    scan.Se = 63;
  }
  return scans;
}

}  // namespace

void Append(Bytes& target, std::string_view text) {
  target.insert(target.end(), text.begin(), text.end());
}

void AppendLittle16(Bytes& target, std::uint32_t value) {
  target.push_back(static_cast<std::uint8_t>(value));
  target.push_back(static_cast<std::uint8_t>(value >> 8));
}

void AppendLittle32(Bytes& target, std::uint32_t value) {
  AppendLittle16(target, value);
  AppendLittle16(target, value >> 16);
}

void AppendBig16(Bytes& target, std::uint32_t value) {
  target.push_back(static_cast<std::uint8_t>(value >> 8));
  target.push_back(static_cast<std::uint8_t>(value));
}

void AppendBig32(Bytes& target, std::uint32_t value) {
  AppendBig16(target, value >> 16);
  AppendBig16(target, value);
}

Image Pattern(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{x} * 3;
      pixel[0] = static_cast<std::uint8_t>(x * 7 + 1);
      pixel[1] = static_cast<std::uint8_t>(y * 11 + 2);
      pixel[2] = static_cast<std::uint8_t>(x * 3 + y * 5);
    }
  }
  return image;
}

Bytes RgbOf(const Image& image) {
  Bytes rgb(image.bytes().begin(), image.bytes().end());
  for (std::size_t i = 0; i < rgb.size(); i += 3) std::swap(rgb[i], rgb[i + 2]);
  return rgb;
}

Bytes Ramp(int count, int max) {
  Bytes ramp(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ramp[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i % (max + 1));
  return ramp;
}

Bytes Exif(std::uint16_t orientation, bool little_endian, bool jpeg_prefix) {
  Bytes exif;
  if (jpeg_prefix) Append(exif, {"Exif\0\0", 6});
  const auto add16 = little_endian ? AppendLittle16 : AppendBig16;
  const auto add32 = little_endian ? AppendLittle32 : AppendBig32;
  Append(exif, little_endian ? "II" : "MM");
  add16(exif, 42);
  add32(exif, 8);
  add16(exif, 1);
  add16(exif, 0x0112);
  add16(exif, 3);
  add32(exif, 1);
  add16(exif, orientation);
  add16(exif, 0);
  add32(exif, 0);
  return exif;
}

Bytes EncodeJpeg(const JpegSpec& spec, const Bytes& samples) {
  const std::size_t row_bytes = static_cast<std::size_t>(spec.width) * static_cast<std::size_t>(spec.components);
  Check(samples.size() == row_bytes * static_cast<std::size_t>(spec.height), "JPEG samples");
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &buffer, &size);
  codec.image_width = static_cast<JDIMENSION>(spec.width);
  codec.image_height = static_cast<JDIMENSION>(spec.height);
  codec.input_components = spec.components;
  codec.in_color_space = spec.components == 1 ? JCS_GRAYSCALE : spec.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&codec);
  if (spec.ycck) jpeg_set_colorspace(&codec, JCS_YCCK);
  jpeg_set_quality(&codec, spec.quality, TRUE);
  codec.arith_code = spec.arithmetic ? TRUE : FALSE;
  codec.restart_in_rows = spec.restart_rows;
  if (!spec.subsample) codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = 1;
  codec.density_unit = static_cast<UINT8>(spec.density_unit);
  codec.X_density = static_cast<UINT16>(spec.density_x);
  codec.Y_density = static_cast<UINT16>(spec.density_y);
  if (spec.progressive) jpeg_simple_progression(&codec);
  const auto scans = spec.separate_scans ? SeparateScans(spec.components) : ManyScans(spec.many_scans);
  if (spec.separate_scans || spec.many_scans > 0) {
    codec.scan_info = scans.data();
    codec.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&codec, TRUE);
  if (!spec.exif.empty()) {
    jpeg_write_marker(&codec, JPEG_APP0 + 1, spec.exif.data(), static_cast<unsigned>(spec.exif.size()));
  }
  while (codec.next_scanline < codec.image_height) {
    auto* row = const_cast<JSAMPLE*>(samples.data() + row_bytes * codec.next_scanline);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  Bytes jpeg(buffer, buffer + size);
  std::free(buffer);
  return jpeg;
}

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
  Bytes png(static_cast<std::uint8_t*>(buffer), static_cast<std::uint8_t*>(buffer) + size);
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

namespace {

/// libtiff's output in memory.
struct MemoryFile {
  Bytes bytes;
  std::uint64_t position = 0;
};

MemoryFile& Of(thandle_t handle) {
  return *static_cast<MemoryFile*>(handle);
}

TIFF* OpenForWriting(MemoryFile& file, bool big) {
  return TIFFClientOpen(
      "test", big ? "w8" : "w", &file,
      [](thandle_t handle, void* target, tmsize_t size) -> tmsize_t {
        MemoryFile& it = Of(handle);
        const std::size_t left = it.bytes.size() - std::min<std::size_t>(it.position, it.bytes.size());
        const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(size), left);
        std::memcpy(target, it.bytes.data() + it.position, count);
        it.position += count;
        return static_cast<tmsize_t>(count);
      },
      [](thandle_t handle, void* source, tmsize_t size) -> tmsize_t {
        MemoryFile& it = Of(handle);
        if (it.bytes.size() < it.position + static_cast<std::size_t>(size)) {
          it.bytes.resize(it.position + static_cast<std::size_t>(size));
        }
        std::memcpy(it.bytes.data() + it.position, source, static_cast<std::size_t>(size));
        it.position += static_cast<std::size_t>(size);
        return size;
      },
      [](thandle_t handle, toff_t offset, int whence) -> toff_t {
        MemoryFile& it = Of(handle);
        it.position = whence == SEEK_SET ? offset : (whence == SEEK_CUR ? it.position : it.bytes.size()) + offset;
        return it.position;
      },
      [](thandle_t) { return 0; }, [](thandle_t handle) -> toff_t { return Of(handle).bytes.size(); }, nullptr,
      nullptr);
}

void SetFields(TIFF* tiff, const TiffPageSpec& page) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, page.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, page.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, page.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, page.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, page.photometric);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, page.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, page.planar);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, page.orientation);
  if (page.tile_width > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, page.tile_width);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, page.tile_height);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, page.rows_per_strip);
  }
  if (!page.extra_samples.empty()) {
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<int>(page.extra_samples.size()), page.extra_samples.data());
  }
  if (page.resolution_x > 0) {
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, static_cast<double>(page.resolution_x));
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, static_cast<double>(page.resolution_y));
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, page.resolution_unit);
  }
  if (page.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  if (page.ramp_palette) {
    const std::size_t count = std::size_t{1} << page.bits;
    std::vector<std::uint16_t> red(count), green(count), blue(count);
    for (std::size_t i = 0; i < count; ++i) {
      red[i] = static_cast<std::uint16_t>(i * 257);
      green[i] = static_cast<std::uint16_t>((255 - i) * 257);
      blue[i] = static_cast<std::uint16_t>(i / 2 * 257);
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
  }
}

void WritePixels(TIFF* tiff, const TiffPageSpec& page) {
  Bytes rows = page.rows;
  if (page.tile_width > 0) {
    const auto tile = static_cast<std::size_t>(TIFFTileSize(tiff));
    Check(rows.size() == tile * TIFFNumberOfTiles(tiff), "TIFF tiles");
    for (std::uint32_t i = 0; i < TIFFNumberOfTiles(tiff); ++i) {
      Check(TIFFWriteEncodedTile(tiff, i, rows.data() + tile * i, static_cast<tmsize_t>(tile)) >= 0, "TIFF tile");
    }
    return;
  }
  const auto line = static_cast<std::size_t>(TIFFScanlineSize(tiff));
  const std::size_t planes = page.planar == PLANARCONFIG_SEPARATE ? static_cast<std::size_t>(page.samples) : 1;
  Check(rows.size() == line * page.height * planes, "TIFF rows");
  for (std::size_t i = 0; i < page.height * planes; ++i) {
    Check(TIFFWriteScanline(tiff, rows.data() + line * i, static_cast<std::uint32_t>(i % page.height),
                            static_cast<std::uint16_t>(i / page.height)) == 1,
          "TIFF row");
  }
}

}  // namespace

Bytes EncodeTiff(const std::vector<TiffPageSpec>& pages, bool big) {
  MemoryFile file;
  TIFF* tiff = OpenForWriting(file, big);
  Check(tiff != nullptr, "TIFF");
  for (const TiffPageSpec& page : pages) {
    SetFields(tiff, page);
    WritePixels(tiff, page);
    Check(TIFFWriteDirectory(tiff) == 1, "TIFF directory");
  }
  TIFFClose(tiff);
  return file.bytes;
}

std::array<int, 3> At(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{x} * 3;
  return {pixel[0], pixel[1], pixel[2]};
}

bool SamePixels(const Image& a, const Image& b, int tolerance) {
  if (a.width() != b.width() || a.height() != b.height()) return false;
  return std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), [&](std::uint8_t left, std::uint8_t right) {
    return std::abs(int{left} - int{right}) <= tolerance;
  });
}

}  // namespace doclayout::decode::testing
