#include "tracing/trace_context.h"

#include <gtest/gtest.h>

#include <cmath>

namespace doclayout::tracing {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";

TEST(Traceparent, IsReadWhole) {
  const auto parent = ParseTraceparent("00-" + kTrace + "-" + kSpan + "-01");

  ASSERT_TRUE(parent);
  EXPECT_EQ(Hex(parent->trace), kTrace);
  EXPECT_EQ(Hex(parent->span), kSpan);
  EXPECT_TRUE(parent->sampled);
}

TEST(Traceparent, OnlyTheLastFlagSaysSampled) {
  EXPECT_FALSE(ParseTraceparent("00-" + kTrace + "-" + kSpan + "-00")->sampled);
  EXPECT_FALSE(ParseTraceparent("00-" + kTrace + "-" + kSpan + "-02")->sampled);
  EXPECT_TRUE(ParseTraceparent("00-" + kTrace + "-" + kSpan + "-ff")->sampled);
}

TEST(Traceparent, OfALaterVersionMayHaveMore) {
  EXPECT_TRUE(ParseTraceparent("cc-" + kTrace + "-" + kSpan + "-01"));
  EXPECT_TRUE(ParseTraceparent("cc-" + kTrace + "-" + kSpan + "-01-what-the-future-brings"));
}

TEST(Traceparent, ThatIsNotValidIsNone) {
  const std::string zeros(32, '0');
  for (const std::string& text : {
           std::string(),
           std::string("rubbish"),
           "ff-" + kTrace + "-" + kSpan + "-01",
           "00-" + zeros + "-" + kSpan + "-01",
           "00-" + kTrace + "-0000000000000000-01",
           "00-" + kTrace + "-" + kSpan + "-01-more",
           "00-" + kTrace + "-" + kSpan + "-01 ",
           "cc-" + kTrace + "-" + kSpan + "-01more",
           "0g-" + kTrace + "-" + kSpan + "-01",
           "00-" + kTrace + "-" + kSpan + "-0x",
           "00_" + kTrace + "-" + kSpan + "-01",
           "00-" + kTrace + "_" + kSpan + "-01",
           "00-" + kTrace + "-" + kSpan + "_01",
           "00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01",
       }) {
    EXPECT_FALSE(ParseTraceparent(text)) << text;
  }
}

TEST(Traceparent, IsWrittenAsItWasRead) {
  for (const std::string& text : {"00-" + kTrace + "-" + kSpan + "-01", "00-" + kTrace + "-" + kSpan + "-00"}) {
    EXPECT_EQ(FormatTraceparent(*ParseTraceparent(text)), text);
  }
}

TEST(Sampling, FollowsTheCaller) {
  const TraceParent recorded{.trace = MakeTraceId(), .span = MakeSpanId(), .sampled = true};
  const TraceParent not_recorded{.trace = MakeTraceId(), .span = MakeSpanId(), .sampled = false};

  EXPECT_TRUE(IsSampled(recorded, recorded.trace, 0));
  EXPECT_FALSE(IsSampled(not_recorded, not_recorded.trace, 1));
}

TEST(Sampling, OfTracesThatBeginHereTakesTheShareThatWasAskedFor) {
  TraceId lowest;
  lowest.bytes.front() = 1;
  TraceId highest;
  highest.bytes.fill(0xff);

  EXPECT_TRUE(IsSampled(std::nullopt, highest, 1));
  EXPECT_FALSE(IsSampled(std::nullopt, lowest, 0));
  EXPECT_FALSE(IsSampled(std::nullopt, lowest, std::nan("")));
  EXPECT_TRUE(IsSampled(std::nullopt, lowest, 0.001));
  EXPECT_FALSE(IsSampled(std::nullopt, highest, 0.999));
  int sampled = 0;
  for (int count = 0; count < 10'000; ++count) sampled += IsSampled(std::nullopt, MakeTraceId(), 0.25) ? 1 : 0;
  EXPECT_NEAR(sampled, 2500, 400);  // nine deviations
}

}  // namespace
}  // namespace doclayout::tracing
