#include "base/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace doclayout {
namespace {

std::span<const std::uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(Sha256(BytesOf("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, GivesTheSameAsBytes) {
  Sha256Stream stream;
  stream.Update(BytesOf("abc"));

  const Sha256Bytes bytes = stream.Bytes();

  EXPECT_EQ(bytes.front(), 0xba);
  EXPECT_EQ(bytes.back(), 0xad);
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  const std::string text(1'000'000, 'x');
  const auto bytes = BytesOf(text);
  Sha256Stream stream;

  for (std::size_t at = 0; at < bytes.size(); at += 100'003) {
    stream.Update(bytes.subspan(at, std::min<std::size_t>(100'003, bytes.size() - at)));
  }

  EXPECT_EQ(stream.Digest(), Sha256(bytes));
}

}  // namespace
}  // namespace doclayout
