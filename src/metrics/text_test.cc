#include "metrics/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace doclayout::metrics {
namespace {

TEST(MetricText, EscapesWhatWouldEndALabel) {
  EXPECT_EQ(Escape("a\\b\"c\nd", true), "a\\\\b\\\"c\\nd");
  EXPECT_EQ(Escape("a\\b\"c\nd", false), "a\\\\b\"c\\nd");
}

TEST(MetricText, KeepsUtf8) {
  for (const char* text :
       {"", "text", "sch\xc3\xb6n", "\xe9\xa1\xb5", "\xf0\x9f\x93\x84", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(Escape(text, true), text);
  }
}

TEST(MetricText, TellsBytesThatAreNotUtf8ByTheirNumbers) {
  const std::pair<const char*, const char*> cases[] = {
      {"caf\xe9", "caf\\\\xe9"},                             // Latin-1
      {"\xd2\xb3\xc3\xe6", "\xd2\xb3\\\\xc3\\\\xe6"},        // GBK, by chance half of it good
      {"\xe9\xa1", "\\\\xe9\\\\xa1"},                        // cut off
      {"\xc0\xaf", "\\\\xc0\\\\xaf"},                        // longer than need be
      {"\xe0\x80\xaf", "\\\\xe0\\\\x80\\\\xaf"},             //
      {"\xf0\x80\x80\xaf", "\\\\xf0\\\\x80\\\\x80\\\\xaf"},  //
      {"\xed\xa0\x80", "\\\\xed\\\\xa0\\\\x80"},             // half of a pair of UTF-16
      {"\xf4\x90\x80\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80"},  // beyond the last character
      {"\xff", "\\\\xff"},
  };
  for (const auto& [text, told] : cases) EXPECT_EQ(Escape(text, true), told);
}

TEST(MetricText, WritesNumbersShort) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(1), "1");
  EXPECT_EQ(Number(1764356000.125), "1764356000.125");
  EXPECT_EQ(Number(kInfinity), "+Inf");
  EXPECT_EQ(Number(-kInfinity), "-Inf");
  EXPECT_EQ(Number(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

/// The examples of the specification.
TEST(MetricText, WritesLimitsAsOpenMetricsDoes) {
  for (const auto& [value, text] : {std::pair{0.0, "0.0"},
                                    {0.001, "0.001"},
                                    {0.01, "0.01"},
                                    {0.95, "0.95"},
                                    {1.0, "1.0"},
                                    {1.7, "1.7"},
                                    {10.0, "10.0"},
                                    {1e-10, "1e-10"},
                                    {1e-09, "1e-09"},
                                    {1e-05, "1e-05"},
                                    {0.0001, "0.0001"},
                                    {100000.0, "100000.0"},
                                    {1e6, "1e+06"},
                                    {1e10, "1e+10"},
                                    {std::numeric_limits<double>::infinity(), "+Inf"}}) {
    EXPECT_EQ(CanonicalNumber(value), text);
  }
}

TEST(MetricText, KnowsNames) {
  EXPECT_TRUE(IsMetricName("a_b:c1"));
  EXPECT_TRUE(IsLabelName("_a1"));
  for (const char* text : {"", "1a", "a-b", "a b", "\xc3\xa9"}) {
    EXPECT_FALSE(IsMetricName(text)) << text;
    EXPECT_FALSE(IsLabelName(text)) << text;
  }
  EXPECT_FALSE(IsLabelName("a:b"));
}

}  // namespace
}  // namespace doclayout::metrics
