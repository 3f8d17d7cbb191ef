#include "postprocess/detections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kLabels{"text", "image"};
constexpr PageSize kPage{.width = 100, .height = 100};

DetectionOptions Plain() {
  DetectionOptions options;
  options.classes.resize(kLabels.size());
  return options;
}

Detections Of(std::vector<DetectedRow> rows) {
  return {.rows = std::move(rows), .ordered = true, .trace = {}};
}

TEST(MakeRegions, EndAtThePageAndWhatLiesOutsideGoes) {
  const auto regions = MakeRegions(Of({{.label = 1, .score = 0.9F, .box = {-5, -5, 40, 140}, .order = 2},
                                       {.score = 0.8F, .box = {120, 0, 140, 20}, .order = 0},
                                       {.score = 0.7F, .box = {30, 30, 30, 40}, .order = 1}}),
                                   kLabels, Plain(), kPage);

  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].label, "image");
  EXPECT_EQ(regions[0].label_id, 1);
  EXPECT_EQ(regions[0].score, 0.9F);
  EXPECT_EQ(regions[0].bbox, (Box{0, 0, 40, 100}));
  EXPECT_THAT(regions[0].polygon, IsEmpty());
}

TEST(MakeRegions, GrowAroundTheirCentreAndLoseDecimals) {
  DetectionOptions options = Plain();
  options.classes[0].unclip = UnclipRatio{1.5, 1.25};

  EXPECT_EQ(MakeRegions(Of({{.box = {40, 40, 51, 50}}}), kLabels, options, kPage)[0].bbox, (Box{37, 38, 53, 51}));

  options.whole_pixels = false;
  EXPECT_EQ(MakeRegions(Of({{.box = {40, 40, 51, 50}}}), kLabels, options, kPage)[0].bbox,
            (Box{37.25F, 38.75F, 53.75F, 51.25F}));
}

TEST(MakeRegions, ComeInTheModelsOrder) {
  const auto regions = MakeRegions(
      Of({{.score = 0.9F, .box = {0, 0, 10, 10}, .order = 2}, {.score = 0.8F, .box = {20, 0, 30, 10}, .order = 1}}),
      kLabels, Plain(), kPage);

  EXPECT_EQ(regions[0].score, 0.8F);
}

TEST(MakeRegions, OnlyMasksOfRowsThatAreLeftAreRead) {
  std::vector<std::size_t> traced;
  std::vector<float> widths;
  DetectionOptions options = Plain();
  options.shape = RegionShape::kPoly;
  Detections detections = Of({{.score = 0.9F, .box = {0, 10, 50, 60}, .index = 7},
                              {.score = 0.8F, .box = {0, 11, 50, 60}, .index = 8},
                              {.score = 0.7F, .box = {60, 0, 90, 10}, .index = 9}});
  detections.trace = [&](const DetectedRow& row, float widest) -> Polygon {
    traced.push_back(row.index);
    widths.push_back(widest);
    return {{1, 1}, {2, 2}, {3, 3}, {4, 1}};
  };

  const auto regions = MakeRegions(detections, kLabels, options, kPage);
  options.polygon_width = PolygonWidth::kExact;
  MakeRegions(detections, kLabels, options, kPage);

  EXPECT_THAT(traced, ElementsAre(7, 9, 7, 9));
  EXPECT_THAT(widths, ElementsAre(90, 90, 50, 50)) << "first x2 - y1, as the reference has it";
  EXPECT_THAT(regions[1].polygon, ElementsAre(Point{1, 1}, Point{2, 2}, Point{3, 3}, Point{4, 1}));
}

TEST(MakeRegions, TheOverlapFilterIsAChoice) {
  DetectionOptions options = Plain();
  const auto nested = Of({{.score = 0.9F, .box = {0, 0, 50, 50}}, {.score = 0.8F, .box = {0, 0, 20, 20}}});

  EXPECT_EQ(MakeRegions(nested, kLabels, options, kPage).size(), 2U);
  options.overlap_filter = true;
  EXPECT_EQ(MakeRegions(nested, kLabels, options, kPage).size(), 1U);
}

TEST(NumberRegions, LeavesOutLabelsThatTakeNoPart) {
  DetectionOptions options = Plain();
  options.classes[1].ordered = false;
  std::vector<Region> regions(3);
  regions[1].label_id = 1;

  NumberRegions(regions, options);

  EXPECT_EQ(regions[0].order, 1);
  EXPECT_EQ(regions[1].order, std::nullopt);
  EXPECT_EQ(regions[2].order, 2);
}

}  // namespace
}  // namespace doclayout::postprocess
