#include "decode/exif_orientation.h"

#include <gtest/gtest.h>

#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using testing::Bytes;
using testing::Exif;

TEST(ExifOrientation, ReadsBothByteOrdersWithAndWithoutPrefix) {
  for (const bool little : {true, false}) {
    for (const bool prefix : {true, false}) {
      for (std::uint16_t value = 1; value <= 8; ++value) {
        EXPECT_EQ(static_cast<int>(ParseExifOrientation(Exif(value, little, prefix))), value);
      }
    }
  }
}

TEST(ExifOrientation, ValueOutOfRangeIsUpright) {
  EXPECT_EQ(ParseExifOrientation(Exif(0)), Orientation::kTopLeft);
  EXPECT_EQ(ParseExifOrientation(Exif(9)), Orientation::kTopLeft);
  EXPECT_EQ(ParseExifOrientation(Exif(65535)), Orientation::kTopLeft);
}

TEST(ExifOrientation, EveryTruncationIsUprightUntilTheEntryIsThere) {
  const Bytes exif = Exif(6);
  constexpr std::size_t kEndOfEntry = 8 + 2 + 12;

  for (std::size_t size = 0; size < kEndOfEntry; ++size) {
    EXPECT_EQ(ParseExifOrientation({exif.data(), size}), Orientation::kTopLeft) << size;
  }
  EXPECT_EQ(ParseExifOrientation({exif.data(), kEndOfEntry}), Orientation::kRightTop);
}

TEST(ExifOrientation, DirectoryBeyondTheBlockIsUpright) {
  for (const std::uint32_t offset : {27U, 1000U, 0x7FFF'FFFFU, 0xFFFF'FFFFU}) {
    Bytes exif = Exif(6);
    for (int i = 0; i < 4; ++i) exif[4 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(offset >> (8 * i));
    EXPECT_EQ(ParseExifOrientation(exif), Orientation::kTopLeft) << offset;
  }
}

TEST(ExifOrientation, MoreEntriesThanBytesAreReadAsFarAsTheyGo) {
  Bytes exif = Exif(6);
  exif[8] = exif[9] = 0xFF;

  EXPECT_EQ(ParseExifOrientation(exif), Orientation::kRightTop);
}

TEST(ExifOrientation, WrongTypeCountOrMagicIsUpright) {
  Bytes type = Exif(6);
  type[12] = 2;
  Bytes count = Exif(6);
  count[14] = 2;
  Bytes magic = Exif(6);
  magic[2] = 43;
  Bytes order = Exif(6);
  order[0] = 'M';

  for (const Bytes& exif : {type, count, magic, order}) {
    EXPECT_EQ(ParseExifOrientation(exif), Orientation::kTopLeft);
  }
}

}  // namespace
}  // namespace doclayout::decode
