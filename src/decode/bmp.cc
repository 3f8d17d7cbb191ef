#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "decode/blend.h"
#include "decode/bmp_header.h"
#include "decode/byte_order.h"
#include "decode/formats.h"
#include "decode/page_size.h"

namespace doclayout::decode {
namespace {

tl::unexpected<Error> BadIndex(std::size_t colours) {
  return Fail(ErrorCode::kUndecodable,
              fmt::format("The BMP is broken: a pixel asks for a colour beyond the palette's {}.", colours));
}

/// Runs of palette indices (RLE4 and RLE8), rows from the bottom up. Pixels that are stepped over keep the first
/// colour. Runs over the end of a row are cut there, as other readers do.
class RunLengthReader {
 public:
  RunLengthReader(const BmpHeader& header, std::span<const std::uint8_t> data, Image& image)
      : header_(header), data_(data), image_(image), row_(header.height - 1) {}

  Result<void> Read() {
    if (header_.palette.empty()) return BadIndex(0);
    for (int y = 0; y < image_.height(); ++y) {
      for (int x = 0; x < image_.width(); ++x)
        std::memcpy(image_.row(y) + std::ptrdiff_t{x} * 3, header_.palette[0].data(), 3);
    }
    while (!ended_) {
      // Without the mark of the end, a picture that came down to its last pixel is complete.
      if (data_.size() < 2)
        return row_ < 0 || (row_ == 0 && column_ >= header_.width) ? Result<void>{} : BmpEndsEarly();
      const std::uint8_t count = data_[0];
      const std::uint8_t value = data_[1];
      data_ = data_.subspan(2);
      if (auto done = count > 0 ? Run(count, value) : Escape(value); !done) return done;
      if (bad_index_) return BadIndex(header_.palette.size());
    }
    return {};
  }

 private:
  void Put(std::uint8_t index) {
    if (index >= header_.palette.size()) {
      bad_index_ = true;
    } else if (row_ >= 0 && column_ < header_.width) {
      std::memcpy(image_.row(row_) + std::ptrdiff_t{column_} * 3, header_.palette[index].data(), 3);
    }
    if (column_ < header_.width) ++column_;
  }

  Result<void> Run(int count, std::uint8_t value) {
    for (int i = 0; i < count; ++i) Put(Nibble(value, i));
    return {};
  }

  Result<void> Escape(std::uint8_t value) {
    switch (value) {
      case 0:  // end of row
        column_ = 0;
        --row_;
        ended_ = row_ < -1;  // rows beyond the top: nothing can come any more
        return {};
      case 1:  // end of picture
        ended_ = true;
        return {};
      case 2:  // a step to the right and up
        if (data_.size() < 2) return BmpEndsEarly();
        column_ = std::min(column_ + data_[0], header_.width);
        row_ = std::max(row_ - data_[1], -1);
        data_ = data_.subspan(2);
        return {};
      default:
        return Literal(value);
    }
  }

  /// `count` indices as they are, padded to a pair of bytes.
  Result<void> Literal(int count) {
    const std::size_t bytes = rle4() ? static_cast<std::size_t>(count + 1) / 2 : static_cast<std::size_t>(count);
    if (data_.size() < bytes) return BmpEndsEarly();
    for (int i = 0; i < count; ++i) Put(Nibble(data_[static_cast<std::size_t>(rle4() ? i / 2 : i)], i));
    data_ = data_.subspan(std::min(data_.size(), bytes + bytes % 2));
    return {};
  }

  bool rle4() const { return header_.compression == BmpCompression::kRle4; }

  std::uint8_t Nibble(std::uint8_t byte, int i) const {
    if (!rle4()) return byte;
    return i % 2 == 0 ? byte >> 4 : byte & 0x0F;
  }

  const BmpHeader& header_;
  std::span<const std::uint8_t> data_;
  Image& image_;
  int column_ = 0;
  int row_;
  bool ended_ = false;
  bool bad_index_ = false;
};

/// Rows of uncompressed pixels, each padded to four bytes.
class RowReader {
 public:
  RowReader(const BmpHeader& header, std::span<const std::uint8_t> data)
      : header_(header), data_(data), whole_bytes_(IsBgrx(header)) {}

  Result<void> Read(Image& image) {
    const auto width = static_cast<std::size_t>(header_.width);
    const std::size_t row_bits = width * static_cast<std::size_t>(header_.bits);
    const std::size_t stride = (row_bits + 31) / 32 * 4;
    const std::size_t row_bytes = (row_bits + 7) / 8;
    // Some writers leave out the padding of the last row.
    const std::size_t needed = stride * static_cast<std::size_t>(header_.height - 1) + row_bytes;
    if (data_.size() < needed) return BmpEndsEarly();

    opaque_ = header_.alpha.bits == 0 || IsAlphaUnused(stride);
    for (int y = 0; y < header_.height; ++y) {
      const std::uint8_t* row = data_.data() + stride * static_cast<std::size_t>(y);
      std::uint8_t* bgr = image.row(header_.top_down ? y : header_.height - 1 - y);
      if (header_.bits <= 8) {
        if (!ReadIndices(row, bgr)) return BadIndex(header_.palette.size());
      } else if (header_.bits == 24) {
        std::memcpy(bgr, row, width * 3);
      } else {
        ReadFields(row, bgr);
      }
    }
    return {};
  }

 private:
  static bool IsBgrx(const BmpHeader& header) {
    const auto is = [](const BmpChannel& channel, int shift) { return channel.bits == 8 && channel.shift == shift; };
    return header.bits == 32 && is(header.blue, 0) && is(header.green, 8) && is(header.red, 16);
  }

  std::uint32_t PixelAt(const std::uint8_t* row, int x) const {
    return header_.bits == 16 ? LittleEndian16(row + std::ptrdiff_t{x} * 2)
                              : LittleEndian32(row + std::ptrdiff_t{x} * 4);
  }

  /// Many writers declare an alpha channel and leave it at zero: an invisible picture is not what they mean.
  bool IsAlphaUnused(std::size_t stride) const {
    for (int y = 0; y < header_.height; ++y) {
      const std::uint8_t* row = data_.data() + stride * static_cast<std::size_t>(y);
      for (int x = 0; x < header_.width; ++x) {
        if (header_.alpha.Extract(PixelAt(row, x)) != 0) return false;
      }
    }
    return true;
  }

  bool ReadIndices(const std::uint8_t* row, std::uint8_t* bgr) const {
    const unsigned bits = static_cast<unsigned>(header_.bits);
    const unsigned mask = (1U << bits) - 1;
    for (std::size_t x = 0; x < static_cast<std::size_t>(header_.width); ++x, bgr += 3) {
      const std::size_t bit = x * bits;
      const unsigned index = (row[bit / 8] >> (8 - bits - bit % 8)) & mask;
      if (index >= header_.palette.size()) return false;
      std::memcpy(bgr, header_.palette[index].data(), 3);
    }
    return true;
  }

  void ReadFields(const std::uint8_t* row, std::uint8_t* bgr) const {
    for (int x = 0; x < header_.width; ++x, bgr += 3) {
      if (whole_bytes_ && opaque_) {
        std::memcpy(bgr, row + std::ptrdiff_t{x} * 4, 3);
        continue;
      }
      const std::uint32_t pixel = PixelAt(row, x);
      const unsigned alpha = opaque_ ? 255 : header_.alpha.Extract(pixel);
      bgr[0] = OnWhite(header_.blue.Extract(pixel), alpha);
      bgr[1] = OnWhite(header_.green.Extract(pixel), alpha);
      bgr[2] = OnWhite(header_.red.Extract(pixel), alpha);
    }
  }

  const BmpHeader& header_;
  const std::span<const std::uint8_t> data_;
  const bool whole_bytes_;
  bool opaque_ = true;
};

class BmpDocument final : public SinglePageDocument {
 public:
  BmpDocument(std::span<const std::uint8_t> bytes, BmpHeader header)
      : SinglePageDocument(Orientation::kTopLeft, header.density), bytes_(bytes), header_(std::move(header)) {}

  Format format() const override { return Format::kBmp; }

 protected:
  Result<Image> Decode() override {
    auto image = AllocateImage(header_.width, header_.height);
    if (!image) return image;
    const auto data = bytes_.subspan(header_.pixels_at);
    const bool run_length =
        header_.compression == BmpCompression::kRle8 || header_.compression == BmpCompression::kRle4;
    auto read = run_length ? RunLengthReader(header_, data, *image).Read() : RowReader(header_, data).Read(*image);
    if (!read) return Fail(read.error());
    return image;
  }

 private:
  const std::span<const std::uint8_t> bytes_;
  const BmpHeader header_;
};

}  // namespace

Result<std::unique_ptr<Document>> OpenBmp(std::span<const std::uint8_t> bytes, const Limits& limits) {
  auto header = ReadBmpHeader(bytes, limits);
  if (!header) return Fail(header.error());
  return std::make_unique<BmpDocument>(bytes, *std::move(header));
}

}  // namespace doclayout::decode
