#include "bench/numbers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace doclayout::bench {
namespace {

TEST(Numbers, HaveThreeDigitsThatCount) {
  EXPECT_EQ(Rounded(0), "0");
  EXPECT_EQ(Rounded(12.345), "12.3");
  EXPECT_EQ(Rounded(1234.5), "1234");
  EXPECT_EQ(Rounded(0.0012345), "0.00123");
  EXPECT_EQ(Rounded(20), "20");
  EXPECT_EQ(Rounded(-1.5), "-1.5");
  EXPECT_EQ(Rounded(NAN), "?");
}

TEST(Numbers, TimesHaveTheUnitThatFits) {
  EXPECT_EQ(SecondsText(0), "0 s");
  EXPECT_EQ(SecondsText(0.00087), "870 µs");
  EXPECT_EQ(SecondsText(0.0123), "12.3 ms");
  EXPECT_EQ(SecondsText(2), "2 s");
}

}  // namespace
}  // namespace doclayout::bench
