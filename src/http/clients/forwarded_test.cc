#include "http/clients/forwarded.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace doclayout::http {
namespace {

/// Who sent what comes from `peer` with these lines of X-Forwarded-For, where 10.0.0.0/8 and fd00::/8 are trusted.
std::string Origin(std::string_view peer, const std::vector<std::string>& lines) {
  RequestHead head;
  head.headers.push_back({"Host", "h"});
  for (const std::string& line : lines) head.headers.push_back({"x-forwarded-for", line});
  const Networks trusted = Networks::Parse("10.0.0.0/8,fd00::/8").value();
  return OriginOf(ParseAddress(peer).value(), head, trusted).Text();
}

TEST(Forwarded, IsNotBelievedOfStrangers) {
  EXPECT_EQ(Origin("192.0.2.1", {"198.51.100.1"}), "192.0.2.1");
}

TEST(Forwarded, TellsWhomATrustedProxyHadItFrom) {
  EXPECT_EQ(Origin("10.0.0.1", {"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(Origin("fd00::1", {"2001:db8::1"}), "2001:db8::1");
}

TEST(Forwarded, IsReadFromItsEnd) {
  EXPECT_EQ(Origin("10.0.0.1", {"203.0.113.9, 198.51.100.1 ,10.0.0.2"}), "198.51.100.1");
  EXPECT_EQ(Origin("10.0.0.1", {"rubbish, 198.51.100.1"}), "198.51.100.1");
}

TEST(Forwarded, MayHaveSeveralLines) {
  EXPECT_EQ(Origin("10.0.0.1", {"203.0.113.9", "198.51.100.1, 10.0.0.3", "10.0.0.2"}), "198.51.100.1");
}

TEST(Forwarded, MayNamePorts) {
  EXPECT_EQ(Origin("10.0.0.1", {"198.51.100.1:4711"}), "198.51.100.1");
  EXPECT_EQ(Origin("10.0.0.1", {"[2001:db8::1]:4711"}), "2001:db8::1");
  EXPECT_EQ(Origin("10.0.0.1", {"[2001:db8::1]"}), "2001:db8::1");
}

TEST(Forwarded, OfTrustedOnesOnlyIsTheFirst) {
  EXPECT_EQ(Origin("10.0.0.1", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3");
}

TEST(Forwarded, IsThePeerWhereItCannotBeRead) {
  for (const std::string_view line : {"", "unknown", "198.51.100.1,", "198.51.100.1, ,10.0.0.2", "[", "]", "[]:80", ":",
                                      "198.51.100.1:80:80", "_hidden, 10.0.0.2"}) {
    EXPECT_EQ(Origin("10.0.0.1", {std::string(line)}), "10.0.0.1") << line;
  }
  EXPECT_EQ(Origin("10.0.0.1", {}), "10.0.0.1");
}

TEST(Forwarded, HasABoundedNumberOfHops) {
  std::string line = "198.51.100.1";
  for (int i = 0; i < 31; ++i) line += ",10.0.0.2";

  EXPECT_EQ(Origin("10.0.0.1", {line}), "198.51.100.1");
  EXPECT_EQ(Origin("10.0.0.1", {line + ",10.0.0.2"}), "10.0.0.1");
}

}  // namespace
}  // namespace doclayout::http
