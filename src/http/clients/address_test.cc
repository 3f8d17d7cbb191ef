#include "http/clients/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

Address AddressOf(std::string_view text) {
  return ParseAddress(text).value();
}

bool Contains(std::string_view list, std::string_view address) {
  return Networks::Parse(list).value().Contains(AddressOf(address));
}

std::string WhyNot(std::string_view list) {
  const auto networks = Networks::Parse(list);
  return networks ? "" : networks.error().message;
}

TEST(Address, IsWrittenTheShortWay) {
  EXPECT_EQ(AddressOf("10.0.0.1").Text(), "10.0.0.1");
  EXPECT_EQ(AddressOf("2001:DB8:0:0:0:0:0:1").Text(), "2001:db8::1");
}

TEST(Address, OfIpv4IsTheSameWhenMapped) {
  EXPECT_EQ(AddressOf("::ffff:10.0.0.1"), AddressOf("10.0.0.1"));
  EXPECT_EQ(AddressOf("::ffff:10.0.0.1").Text(), "10.0.0.1");
}

TEST(Address, OfAClientIsAnIpv4AddressOrA64) {
  EXPECT_EQ(AddressOf("10.0.0.1").ClientText(), "10.0.0.1");
  EXPECT_EQ(AddressOf("2001:db8:0:1:2:3:4:5").ClientText(), "2001:db8:0:1::/64");
  EXPECT_EQ(AddressOf("::1").ClientText(), "::/64");
}

TEST(Address, IsNotReadFromAnythingElse) {
  for (const std::string_view text : {"", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "10.0.0.1:80", "[::1]",
                                      "fe80::1%eth0", "localhost", "::g", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_FALSE(ParseAddress(text)) << text;
  }
  EXPECT_FALSE(ParseAddress(std::string_view("10.0.0.1\0", 9)));
  EXPECT_FALSE(ParseAddress(std::string(100'000, '1')));
}

TEST(Address, OfAPeerIsNotThereWithoutOne) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);

  EXPECT_FALSE(PeerAddress(pair[0]));
  EXPECT_FALSE(PeerAddress(-1));

  for (const int end : pair) close(end);
}

TEST(Networks, HoldAddressesAndRanges) {
  constexpr std::string_view kList = "10.0.0.0/8, 192.0.2.1,2001:db8::/33";

  EXPECT_TRUE(Contains(kList, "10.255.255.255"));
  EXPECT_TRUE(Contains(kList, "::ffff:10.1.2.3"));
  EXPECT_TRUE(Contains(kList, "192.0.2.1"));
  EXPECT_TRUE(Contains(kList, "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains(kList, "11.0.0.0"));
  EXPECT_FALSE(Contains(kList, "192.0.2.2"));
  EXPECT_FALSE(Contains(kList, "2001:db8:8000::1"));
}

TEST(Networks, OfIpv4AreNotThoseOfIpv6) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "1.2.3.4"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Contains("::/0", "2001:db8::1"));
}

TEST(Networks, AreNoneWithoutAList) {
  EXPECT_FALSE(Contains("", "10.0.0.1"));
  EXPECT_FALSE(Contains(" ", "10.0.0.1"));
}

TEST(Networks, AreRefusedWithTheReason) {
  EXPECT_THAT(WhyNot("10.0.0.1,proxy"), HasSubstr("'proxy' is no address"));
  EXPECT_THAT(WhyNot("10.0.0.1,,10.0.0.2"), HasSubstr("'' is no address"));
  EXPECT_THAT(WhyNot("10.0.0.0/33"), HasSubstr("'10.0.0.0/33' has a prefix that is not a number from 0 to 32"));
  EXPECT_THAT(WhyNot("fd00::/129"), HasSubstr("from 0 to 128"));
  EXPECT_THAT(WhyNot("10.0.0.0/"), HasSubstr("prefix"));
  EXPECT_THAT(WhyNot("10.0.0.0/-1"), HasSubstr("prefix"));
  EXPECT_THAT(WhyNot("10.1.0.0/8"), HasSubstr("starts at 10.0.0.0"));
}

TEST(Networks, AreABoundedNumber) {
  std::string list = "10.0.0.1";
  for (int i = 0; i < 1000; ++i) list += ",10.0.0.1";

  EXPECT_THAT(WhyNot(list), HasSubstr("more than 1000"));
}

}  // namespace
}  // namespace doclayout::http
