#include <tiffio.h>

#include <algorithm>
#include <cstring>

#include "decode/testing/check.h"
#include "decode/testing/encode.h"

namespace doclayout::decode::testing {
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

}  // namespace doclayout::decode::testing
