#include "tracing/span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/testing/fake_clock.h"

namespace doclayout::tracing {
namespace {

using testing::MatchesRegex;

TEST(Ids, AreNeitherZeroNorTheSameTwice) {
  std::set<std::string> ids;

  for (int count = 0; count < 1000; ++count) {
    const SpanId id = MakeSpanId();
    EXPECT_FALSE(id.IsZero());
    ids.insert(Hex(id));
    ids.insert(Hex(MakeTraceId()));
  }

  EXPECT_EQ(ids.size(), 2000U);
}

TEST(Ids, AreOthersOnAnotherThread) {
  TraceId other;
  std::thread([&other] { other = MakeTraceId(); }).join();

  EXPECT_NE(other, MakeTraceId());
}

TEST(Ids, AreWrittenInLowerCase) {
  EXPECT_EQ(Hex(SpanId{{0x00, 0x01, 0xab, 0xcd, 0xef, 0x10, 0x20, 0xff}}), "0001abcdef1020ff");
  EXPECT_THAT(Hex(MakeTraceId()), MatchesRegex("[0-9a-f]{32}"));
}

TEST(TimeAnchor, KeepsDistancesWhateverTheWallClockDoes) {
  using std::chrono::hours;
  using std::chrono::seconds;
  FakeClock clock;
  const WallTime wall{hours(500'000)};
  const TimeAnchor anchor(clock.Now(), wall);

  const TimePoint start = clock.Now();
  clock.Advance(seconds(3));

  EXPECT_EQ(anchor.ToWall(start), wall);
  EXPECT_EQ(anchor.ToWall(clock.Now()), wall + seconds(3));
  EXPECT_EQ(anchor.ToWall(start - seconds(1)), wall - seconds(1));
}

}  // namespace
}  // namespace doclayout::tracing
