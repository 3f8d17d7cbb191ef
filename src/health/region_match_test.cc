#include "health/region_match.h"

#include <gtest/gtest.h>

#include <limits>

namespace doclayout::health {
namespace {

Region Make(const char* label, float x, float y, float width, float height, float score = 0.9F) {
  return {.label = label, .score = score, .bbox = {x, y, x + width, y + height}};
}

const std::vector<Region>& Recorded() {
  static const std::vector<Region> kRegions = {Make("title", 10, 10, 300, 30), Make("text", 10, 50, 300, 200),
                                               Make("text", 330, 50, 300, 200), Make("figure", 10, 260, 300, 200),
                                               Make("table", 330, 260, 300, 200)};
  return kRegions;
}

std::vector<Region> Moved(float part) {
  std::vector<Region> regions = Recorded();
  for (Region& region : regions) {
    const float x = region.bbox.width() * part;
    const float y = region.bbox.height() * part;
    region.bbox = {region.bbox.x1 + x, region.bbox.y1 + y, region.bbox.x2 + x, region.bbox.y2 + y};
  }
  return regions;
}

Status Verdict(const std::vector<Region>& found) {
  return CheckDetection(MatchRegions(Recorded(), found), {}).status;
}

TEST(RegionMatch, IsWholeForTheSameRegionsInAnyOrder) {
  std::vector<Region> found(Recorded().rbegin(), Recorded().rend());

  const RegionMatch match = MatchRegions(Recorded(), found);

  EXPECT_EQ(match.matched, 5);
  EXPECT_EQ(match.recall, 1);
  EXPECT_DOUBLE_EQ(match.iou, 1);
  EXPECT_EQ(match.score, 0);
  EXPECT_EQ(match.extra(), 0);
  EXPECT_EQ(Verdict(found), Status::kHealthy);
}

TEST(RegionMatch, OfNothingFoundIsUnhealthy) {
  EXPECT_EQ(Verdict({}), Status::kUnhealthy);
}

TEST(RegionMatch, OfBoxesMovedByATwentiethIsAWarning) {
  EXPECT_EQ(Verdict(Moved(0.05F)), Status::kWarning);
}

TEST(RegionMatch, OfBoxesMovedByHalfIsUnhealthy) {
  EXPECT_EQ(Verdict(Moved(0.5F)), Status::kUnhealthy);
}

TEST(RegionMatch, OfOtherLabelsIsNone) {
  std::vector<Region> found = Recorded();
  found[0].label = found[1].label = "footer";

  const RegionMatch match = MatchRegions(Recorded(), found);

  EXPECT_EQ(match.matched, 3);
  EXPECT_EQ(match.relabelled, 2);
  EXPECT_EQ(match.extra(), 0);
  EXPECT_EQ(Verdict(found), Status::kUnhealthy);
}

TEST(RegionMatch, TakesEachRegionOnce) {
  const RegionMatch match = MatchRegions({Recorded()[1]}, {Recorded()[1], Recorded()[1]});

  EXPECT_EQ(match.matched, 1);
  EXPECT_EQ(match.extra(), 1);
}

TEST(RegionMatch, PrefersTheSameLabelToABetterPlace) {
  const Region here = Make("text", 0, 0, 100, 100);

  const RegionMatch match = MatchRegions({here}, {Make("title", 0, 0, 100, 100), Make("text", 0, 0, 100, 80)});

  EXPECT_EQ(match.matched, 1);
  EXPECT_EQ(match.relabelled, 0);
}

TEST(RegionMatch, SeesScoresThatDrift) {
  std::vector<Region> found = Recorded();
  for (Region& region : found) region.score -= 0.05F;
  EXPECT_EQ(Verdict(found), Status::kHealthy);
  for (Region& region : found) region.score -= 0.1F;
  EXPECT_EQ(Verdict(found), Status::kWarning);
  for (Region& region : found) region.score -= 0.2F;
  EXPECT_EQ(Verdict(found), Status::kUnhealthy);
}

TEST(RegionMatch, SeesRegionsThatNobodyRecorded) {
  std::vector<Region> found = Recorded();
  for (int i = 0; i < 2; ++i) found.push_back(Make("text", 700, 100.F * static_cast<float>(i), 50, 50));
  EXPECT_EQ(Verdict(found), Status::kWarning);
  for (int i = 2; i < 6; ++i) found.push_back(Make("text", 700, 100.F * static_cast<float>(i), 50, 50));
  EXPECT_EQ(Verdict(found), Status::kUnhealthy);
}

TEST(RegionMatch, TakesWhatIsNoNumberForNoPlace) {
  std::vector<Region> found = Recorded();
  for (Region& region : found) region.bbox.x1 = std::numeric_limits<float>::quiet_NaN();

  EXPECT_EQ(Verdict(found), Status::kUnhealthy);
}

TEST(RegionMatch, OfABlankPageIsWholeWhenItStaysBlank) {
  EXPECT_EQ(CheckDetection(MatchRegions({}, {}), {}).status, Status::kHealthy);
  EXPECT_EQ(CheckDetection(MatchRegions({}, Recorded()), {}).status, Status::kUnhealthy);
}

}  // namespace
}  // namespace doclayout::health
