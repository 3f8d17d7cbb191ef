// jpeglib.h wants stdio and size_t before it.
#include <cstddef>
#include <cstdio>
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "decode/exif_orientation.h"
#include "decode/formats.h"
#include "decode/jpeg_scans.h"
#include "decode/page_size.h"

// libjpeg reports errors by a jump. Every function here that sets one (`ReadHeader`, `ReadPixels`) and every function
// that a jump can leave holds plain values only: no destructor is ever skipped. What owns memory lives in their
// callers.

namespace doclayout::decode {
namespace {

constexpr double kCentimetresPerInch = 2.54;
// A progressive picture is held as two bytes a coefficient before it is decoded.
constexpr long kMemoryBase = 64L * 1024 * 1024;
constexpr long kMemoryPerPixel = 8;

/// Our own codes beside libjpeg's, which are positive.
constexpr int kTooManyScans = -1;
constexpr int kEndsEarly = -2;
constexpr int kMissingComponent = -3;

/// All that libjpeg works on, with plain members only.
struct Decoder {
  jpeg_decompress_struct codec;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  std::jmp_buf on_error;
  int failure;  ///< libjpeg's message code or one of ours; 0 is none
  char message[JMSG_LENGTH_MAX];
  int max_scans;
  bool data_ended;  ///< libjpeg asked for more bytes than there are
};

Decoder& Of(j_common_ptr codec) {
  return *static_cast<Decoder*>(codec->client_data);
}

[[noreturn]] void Abandon(Decoder& decoder, int failure) {
  decoder.failure = failure;
  std::longjmp(decoder.on_error, 1);
}

[[noreturn]] void OnError(j_common_ptr codec) {
  Decoder& decoder = Of(codec);
  codec->err->format_message(codec, decoder.message);
  Abandon(decoder, codec->err->msg_code);
}

/// libjpeg warns, then fills in gray, where image data is missing or makes no sense. Other warnings (bytes too many
/// before a marker, an unknown Adobe transform, a broken colour profile) leave every pixel right.
void OnMessage(j_common_ptr codec, int level) {
  if (level >= 0) return;
  switch (codec->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      OnError(codec);
    default:
      break;
  }
}

/// Scans were counted before; this holds where libjpeg should find others between damaged markers.
void OnProgress(j_common_ptr codec) {
  Decoder& decoder = Of(codec);
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number > decoder.max_scans) Abandon(decoder, kTooManyScans);
}

void IgnoreMessage(j_common_ptr /*codec*/) {}
void IgnoreSource(j_decompress_ptr /*codec*/) {}

/// The end of the bytes reads as an end-of-image marker: a file that lacks only that one is complete.
boolean OnSourceEmpty(j_decompress_ptr codec) {
  static constexpr JOCTET kEndOfImage[] = {0xFF, JPEG_EOI};
  Of(reinterpret_cast<j_common_ptr>(codec)).data_ended = true;
  codec->src->next_input_byte = kEndOfImage;
  codec->src->bytes_in_buffer = sizeof kEndOfImage;
  return TRUE;
}

void OnSkip(j_decompress_ptr codec, long count) {
  if (count <= 0) return;
  const std::size_t step = std::min(static_cast<std::size_t>(count), codec->src->bytes_in_buffer);
  codec->src->next_input_byte += step;
  codec->src->bytes_in_buffer -= step;
}

/// False with `failure` set where the header cannot be read. On true, `codec` holds it.
bool ReadHeader(Decoder& decoder, std::span<const std::uint8_t> bytes, bool keep_exif) {
  if (setjmp(decoder.on_error) != 0) return false;
  jpeg_create_decompress(&decoder.codec);
  // jpeg_create_decompress clears all but the error handling and the client data.
  decoder.codec.src = &decoder.source;
  decoder.codec.progress = &decoder.progress;
  decoder.source.next_input_byte = bytes.data();
  decoder.source.bytes_in_buffer = bytes.size();
  if (keep_exif) jpeg_save_markers(&decoder.codec, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&decoder.codec, TRUE);
  return true;
}

/// Adobe's inverted CMYK, which is what every program reads and writes in JPEG, marker or not; the arithmetic is
/// Pillow's.
void CmykRowToBgr(const JSAMPLE* cmyk, JDIMENSION width, std::uint8_t* bgr) {
  for (JDIMENSION x = 0; x < width; ++x, cmyk += 4, bgr += 3) {
    const int white = cmyk[3];
    for (int channel = 0; channel < 3; ++channel) {
      const int product = (255 - cmyk[2 - channel]) * white + 128;
      bgr[channel] = static_cast<std::uint8_t>(std::max(0, white - ((product + (product >> 8)) >> 8)));
    }
  }
}

/// Whether each component came in at least one scan; libjpeg shows the others as plain gray.
bool HasEveryComponent(const jpeg_decompress_struct& codec) {
  for (int i = 0; i < codec.num_components; ++i) {
    if (codec.comp_info[i].quant_table == nullptr) return false;
  }
  return true;
}

/// libjpeg decodes each block of 8 x 8 pixels to `block` x `block`: 8, 4, 2 or 1. It can all from 1 to 16, but only
/// these with vector instructions.
constexpr int kWholeBlock = 8;

/// Pixels of a side of `whole` pixels when so decoded, as libjpeg counts them.
int Reduced(int whole, int block) {
  return static_cast<int>((std::int64_t{whole} * block + kWholeBlock - 1) / kWholeBlock);
}

/// The smallest block that gives at least `enough` pixels in both directions.
int BlockFor(PageSize whole, PageSize enough) {
  int block = kWholeBlock;
  while (block > 1 && Reduced(whole.width, block / 2) >= enough.width &&
         Reduced(whole.height, block / 2) >= enough.height) {
    block /= 2;
  }
  return block;
}

/// Decodes into rows of `stride` bytes from `pixels`, after `ReadHeader`. False with `failure` set where it fails.
bool ReadPixels(Decoder& decoder, int block, std::uint8_t* pixels, std::size_t stride) {
  if (setjmp(decoder.on_error) != 0) return false;
  j_decompress_ptr codec = &decoder.codec;
  const bool cmyk = codec->num_components == 4;
  decoder.max_scans = MostJpegScans(codec->image_width, codec->image_height);
  codec->out_color_space = cmyk ? JCS_CMYK : JCS_EXT_BGR;
  codec->scale_num = static_cast<unsigned>(block);
  codec->scale_denom = kWholeBlock;
  codec->mem->max_memory_to_use =
      kMemoryBase + kMemoryPerPixel * static_cast<long>(codec->image_width) * static_cast<long>(codec->image_height);

  jpeg_start_decompress(codec);
  // Files of several scans are read to their end by now, others row by row below.
  if (jpeg_has_multiple_scans(codec) || codec->arith_code) {
    if (decoder.data_ended) Abandon(decoder, kEndsEarly);
    if (!HasEveryComponent(*codec)) Abandon(decoder, kMissingComponent);
  }
  JSAMPARRAY cmyk_row = nullptr;
  if (cmyk) {
    cmyk_row =
        (*codec->mem->alloc_sarray)(reinterpret_cast<j_common_ptr>(codec), JPOOL_IMAGE, codec->output_width * 4, 1);
  }
  while (codec->output_scanline < codec->output_height) {
    std::uint8_t* row = pixels + stride * codec->output_scanline;
    if (cmyk) {
      jpeg_read_scanlines(codec, cmyk_row, 1);
      CmykRowToBgr(cmyk_row[0], codec->output_width, row);
    } else {
      jpeg_read_scanlines(codec, &row, 1);
    }
  }
  // Arithmetic coding never runs out of bits: it reads zeros for ever.
  if (codec->arith_code && decoder.data_ended) Abandon(decoder, kEndsEarly);
  return true;
}

/// Gives back what libjpeg holds.
class DecoderOwner {
 public:
  DecoderOwner() {
    Decoder& it = decoder_;
    it.codec.err = jpeg_std_error(&it.errors);
    it.codec.client_data = &it;
    it.errors.error_exit = OnError;
    it.errors.emit_message = OnMessage;
    it.errors.output_message = IgnoreMessage;
    it.source.init_source = IgnoreSource;
    it.source.fill_input_buffer = OnSourceEmpty;
    it.source.skip_input_data = OnSkip;
    it.source.resync_to_restart = jpeg_resync_to_restart;
    it.source.term_source = IgnoreSource;
    it.progress.progress_monitor = OnProgress;
  }
  ~DecoderOwner() { jpeg_destroy_decompress(&decoder_.codec); }
  DecoderOwner(const DecoderOwner&) = delete;
  DecoderOwner& operator=(const DecoderOwner&) = delete;

  Decoder& operator*() { return decoder_; }
  Decoder* operator->() { return &decoder_; }

 private:
  Decoder decoder_{};
};

Error TooManyScans(int most) {
  return {ErrorCode::kUndecodable,
          fmt::format("The JPEG has more than {} scans; no encoder makes so many for its size.", most)};
}

Error Explain(const Decoder& decoder) {
  switch (decoder.failure) {
    case kTooManyScans:
      return TooManyScans(decoder.max_scans);
    case kMissingComponent:
      return {ErrorCode::kUndecodable, "The JPEG lacks one of its colour components."};
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
      return {ErrorCode::kUnsupportedMedia,
              fmt::format("This kind of JPEG is not read ({}); baseline and progressive ones of 8 bits are.",
                          decoder.message)};
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      return {ErrorCode::kTooLarge, "The JPEG needs more memory than a picture of its size may."};
    default:
      break;
  }
  if (decoder.data_ended || decoder.failure == kEndsEarly) {
    return {ErrorCode::kUndecodable, "The JPEG data ends early: the file is truncated."};
  }
  return {ErrorCode::kUndecodable, fmt::format("The JPEG is broken: {}.", decoder.message)};
}

Orientation ReadOrientation(const jpeg_decompress_struct& codec) {
  constexpr std::size_t kPrefix = 5;  // "Exif\0", which tells EXIF from XMP
  for (auto* marker = codec.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->data_length > kPrefix && std::memcmp(marker->data, "Exif", kPrefix) == 0) {
      return ParseExifOrientation({marker->data, marker->data_length});
    }
  }
  return Orientation::kTopLeft;
}

Density ReadDensity(const jpeg_decompress_struct& codec) {
  constexpr int kPerInch = 1;
  constexpr int kPerCentimetre = 2;
  if (!codec.saw_JFIF_marker) return {};
  if (codec.density_unit != kPerInch && codec.density_unit != kPerCentimetre) return {};
  const double unit = codec.density_unit == kPerInch ? 1 : kCentimetresPerInch;
  return {PlausibleDpi(codec.X_density * unit), PlausibleDpi(codec.Y_density * unit)};
}

class JpegDocument final : public SinglePageDocument {
 public:
  JpegDocument(std::span<const std::uint8_t> bytes, const jpeg_decompress_struct& header)
      : SinglePageDocument(ReadOrientation(header), ReadDensity(header)),
        bytes_(bytes),
        size_{.width = static_cast<int>(header.image_width), .height = static_cast<int>(header.image_height)} {}

  Format format() const override { return Format::kJpeg; }

  Result<Page> ReadReducedPage(int index, PageSize enough) override {
    if (auto found = CheckPageIndex(index, 1); !found) return Fail(found.error());
    const bool lies = SwapsAxes(orientation());
    const int block = BlockFor(size_, lies ? Turned(enough) : enough);
    Result<Page> page = Finish(index, DecodeBlocks(block));
    if (page && block < kWholeBlock) page->whole = lies ? Turned(size_) : size_;
    return page;
  }

 protected:
  Result<Image> Decode() override { return DecodeBlocks(kWholeBlock); }

 private:
  static PageSize Turned(PageSize size) { return {.width = size.height, .height = size.width}; }

  Result<Image> DecodeBlocks(int block) const {
    auto image = AllocateImage(Reduced(size_.width, block), Reduced(size_.height, block));
    if (!image) return image;
    DecoderOwner decoder;
    if (!ReadHeader(*decoder, bytes_, false) || !ReadPixels(*decoder, block, image->row(0), image->row_bytes())) {
      return Fail(Explain(*decoder));
    }
    return image;
  }

  const std::span<const std::uint8_t> bytes_;
  const PageSize size_;  ///< as stored
};

}  // namespace

Result<std::unique_ptr<Document>> OpenJpeg(std::span<const std::uint8_t> bytes, const Limits& limits) {
  DecoderOwner decoder;
  if (!ReadHeader(*decoder, bytes, true)) return Fail(Explain(*decoder));
  const jpeg_decompress_struct& header = decoder->codec;
  if (header.num_components != 1 && header.num_components != 3 && header.num_components != 4) {
    return Fail(ErrorCode::kUnsupportedMedia,
                fmt::format("A JPEG of {} components is not read; 1, 3 and 4 are.", header.num_components));
  }
  if (auto fits = CheckPageSize(header.image_width, header.image_height, limits); !fits) return Fail(fits.error());
  const int most = MostJpegScans(header.image_width, header.image_height);
  if (CountJpegScans(bytes, most + 1) > most) return Fail(TooManyScans(most));
  return std::make_unique<JpegDocument>(bytes, header);
}

}  // namespace doclayout::decode
