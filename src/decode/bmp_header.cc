#include "decode/bmp_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "decode/byte_order.h"
#include "decode/page_size.h"

namespace doclayout::decode {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::uint32_t kCoreHeader = 12;
constexpr std::uint32_t kInfoHeader = 40;
constexpr std::uint32_t kInfoHeaderWithMasks = 52;
constexpr std::uint32_t kInfoHeaderWithAlpha = 56;
constexpr double kMetresPerInch = 0.0254;

tl::unexpected<Error> Broken(std::string_view reason) {
  return Fail(ErrorCode::kUndecodable, fmt::format("The BMP is broken: {}.", reason));
}

bool KnownHeaderSize(std::uint32_t size) {
  constexpr std::array<std::uint32_t, 8> kSizes{12, 16, 40, 52, 56, 64, 108, 124};
  return std::find(kSizes.begin(), kSizes.end(), size) != kSizes.end();
}

Result<BmpChannel> ChannelOf(std::uint32_t mask) {
  if (mask == 0) return BmpChannel{};
  BmpChannel channel{.shift = std::countr_zero(mask), .bits = std::popcount(mask)};
  const std::uint32_t shifted = mask >> channel.shift;
  if ((shifted & (shifted + 1)) != 0) return Broken("the bits of a colour mask are not side by side");
  return channel;
}

/// Parses one file; holds where it stands.
class HeaderReader {
 public:
  explicit HeaderReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  Result<BmpHeader> Read(const Limits& limits) {
    if (bytes_.size() < kFileHeader + 4) return BmpEndsEarly();
    header_size_ = LittleEndian32(&bytes_[kFileHeader]);
    if (!KnownHeaderSize(header_size_)) return Broken(fmt::format("there is no header of {} bytes", header_size_));
    if (bytes_.size() < kFileHeader + header_size_) return BmpEndsEarly();
    after_ = kFileHeader + header_size_;

    if (auto read = ReadSizes(limits); !read) return Fail(read.error());
    if (auto good = CheckPixelKind(); !good) return Fail(good.error());
    if (auto read = ReadMasks(); !read) return Fail(read.error());
    if (auto read = FindPixels(); !read) return Fail(read.error());
    if (auto read = ReadPalette(); !read) return Fail(read.error());
    return std::move(header_);
  }

 private:
  std::uint16_t At16(std::size_t offset) const { return LittleEndian16(&bytes_[kFileHeader + offset]); }
  std::uint32_t At32(std::size_t offset) const { return LittleEndian32(&bytes_[kFileHeader + offset]); }

  Result<void> ReadSizes(const Limits& limits) {
    std::int64_t width = 0;
    std::int64_t height = 0;
    if (header_size_ == kCoreHeader) {
      width = At16(4);
      height = At16(6);
      header_.bits = At16(10);
    } else {
      // In 64 bits, so that the least int has a positive counterpart.
      width = static_cast<std::int32_t>(At32(4));
      height = static_cast<std::int32_t>(At32(8));
      header_.bits = At16(14);
    }
    if (width < 0) return Broken("its width is negative");
    header_.top_down = height < 0;
    if (height < 0) height = -height;
    auto fits = CheckPageSize(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height), limits);
    if (!fits) return fits;
    header_.width = static_cast<int>(width);
    header_.height = static_cast<int>(height);

    if (header_size_ < kInfoHeader) return {};
    header_.compression = static_cast<BmpCompression>(At32(16));
    header_.density = {PlausibleDpi(static_cast<std::int32_t>(At32(24)) * kMetresPerInch),
                       PlausibleDpi(static_cast<std::int32_t>(At32(28)) * kMetresPerInch)};
    palette_entries_ = At32(32);
    return {};
  }

  Result<void> CheckPixelKind() const {
    const int bits = header_.bits;
    bool known = false;
    switch (header_.compression) {
      case BmpCompression::kNone:
        known = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
        break;
      case BmpCompression::kRle8:
        known = bits == 8;
        break;
      case BmpCompression::kRle4:
        known = bits == 4;
        break;
      case BmpCompression::kBitFields:
      case BmpCompression::kAlphaBitFields:
        // In an OS/2 header, 3 means a fax code.
        known = header_size_ != 64 && (bits == 16 || bits == 32);
        break;
    }
    if (!known) {
      return Fail(
          ErrorCode::kUnsupportedMedia,
          fmt::format("A BMP of {} bits a pixel with compression {} is not read; 1, 2, 4, 8, 16, 24 and 32 bits, "
                      "RLE4, RLE8 and bit fields are.",
                      bits, static_cast<std::uint32_t>(header_.compression)));
    }
    const bool run_length =
        header_.compression == BmpCompression::kRle8 || header_.compression == BmpCompression::kRle4;
    if (run_length && header_.top_down) return Broken("run-length coded rows cannot go from the top down");
    return {};
  }

  Result<void> ReadMasks() {
    std::array<std::uint32_t, 4> masks{};  // red, green, blue, alpha
    const bool fields =
        header_.compression == BmpCompression::kBitFields || header_.compression == BmpCompression::kAlphaBitFields;
    if (!fields) {
      if (header_.bits == 16) masks = {0x7C00, 0x03E0, 0x001F, 0};
      if (header_.bits == 32) masks = {0x00FF'0000, 0x0000'FF00, 0x0000'00FF, 0};
    } else {
      // Masks begin at the same place whether they belong to the header or follow it.
      std::size_t count = header_size_ >= kInfoHeaderWithAlpha ? 4 : 3;
      if (header_size_ == kInfoHeader && header_.compression == BmpCompression::kAlphaBitFields) count = 4;
      const std::size_t end = kFileHeader + kInfoHeader + count * 4;
      if (bytes_.size() < end) return BmpEndsEarly();
      for (std::size_t i = 0; i < count; ++i) masks[i] = At32(kInfoHeader + i * 4);
      if (header_size_ < kInfoHeaderWithMasks) after_ = end;
    }
    const std::array<BmpChannel*, 4> channels{&header_.red, &header_.green, &header_.blue, &header_.alpha};
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const auto channel = ChannelOf(masks[i]);
      if (!channel) return Fail(channel.error());
      *channels[i] = *channel;
    }
    return {};
  }

  Result<void> FindPixels() {
    header_.pixels_at = LittleEndian32(&bytes_[10]);
    if (header_.pixels_at < after_) return Broken("its pixels begin within its header");
    if (header_.pixels_at >= bytes_.size()) return BmpEndsEarly();
    return {};
  }

  Result<void> ReadPalette() {
    if (header_.bits > 8) return {};
    const std::size_t most = std::size_t{1} << header_.bits;
    std::size_t count = palette_entries_ == 0 ? most : std::min<std::size_t>(palette_entries_, most);
    const std::size_t entry = header_size_ == kCoreHeader ? 3 : 4;
    // A palette that is shorter than stated shows when a pixel asks for what is not there.
    count = std::min(count, (header_.pixels_at - after_) / entry);
    header_.palette.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* colour = &bytes_[after_ + i * entry];
      header_.palette[i] = {colour[0], colour[1], colour[2]};
    }
    return {};
  }

  const std::span<const std::uint8_t> bytes_;
  std::uint32_t header_size_ = 0;
  std::size_t after_ = 0;  ///< where the header and its masks end
  std::uint32_t palette_entries_ = 0;
  BmpHeader header_;
};

}  // namespace

tl::unexpected<Error> BmpEndsEarly() {
  return Fail(ErrorCode::kUndecodable, "The BMP data ends early: the file is truncated.");
}

Result<BmpHeader> ReadBmpHeader(std::span<const std::uint8_t> bytes, const Limits& limits) {
  return HeaderReader(bytes).Read(limits);
}

}  // namespace doclayout::decode
