// jpeglib.h wants stdio and size_t before it.
#include <cstddef>
#include <cstdio>
// clang-format off
#include <jpeglib.h>
// clang-format on

#include <cstdlib>

#include "decode/testing/check.h"
#include "decode/testing/encode.h"

namespace doclayout::decode::testing {
namespace {

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

}  // namespace doclayout::decode::testing
