#include "postprocess/overlap_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;

Region Of(const char* label, Box box) {
  return {.label = label, .bbox = box};
}

std::vector<std::string> LabelsLeft(std::vector<Region> regions, bool by_outline = false) {
  PolygonOverlap overlap;
  FilterOverlaps(regions, by_outline, overlap);
  std::vector<std::string> labels;
  for (const Region& region : regions) labels.push_back(region.label);
  return labels;
}

TEST(FilterOverlaps, TheLargerOfTwoStays) {
  EXPECT_THAT(LabelsLeft({Of("text", {0, 0, 50, 50}), Of("abstract", {0, 0, 100, 100})}), ElementsAre("abstract"));
  EXPECT_THAT(LabelsLeft({Of("text", {0, 0, 50, 50}), Of("abstract", {0, 0, 50, 50})}), ElementsAre("text"));
}

TEST(FilterOverlaps, SevenTenthsOfTheSmallerMayLieOnTheOther) {
  EXPECT_THAT(LabelsLeft({Of("text", {0, 0, 100, 100}), Of("number", {30, 0, 130, 100})}),
              ElementsAre("text", "number"));
  EXPECT_THAT(LabelsLeft({Of("text", {0, 0, 100, 100}), Of("number", {29, 0, 129, 100})}), ElementsAre("text"));
}

TEST(FilterOverlaps, AnInlineFormulaGoesFromHalf) {
  EXPECT_THAT(LabelsLeft({Of("inline_formula", {0, 0, 100, 100}), Of("text", {49, 0, 60, 100})}), ElementsAre("text"));
  EXPECT_THAT(LabelsLeft({Of("inline_formula", {0, 0, 100, 100}), Of("inline_formula", {40, 0, 140, 100})}),
              ElementsAre());
  EXPECT_THAT(LabelsLeft({Of("inline_formula", {0, 0, 100, 100}), Of("text", {50, 0, 150, 100})}),
              ElementsAre("inline_formula", "text"));
}

TEST(FilterOverlaps, PicturesMayLieOnOtherThingsButTablesOnlyOnPictures) {
  const Box outer{0, 0, 100, 100};
  const Box inner{10, 10, 50, 50};

  EXPECT_THAT(LabelsLeft({Of("image", outer), Of("text", inner)}), ElementsAre("image", "text"));
  EXPECT_THAT(LabelsLeft({Of("seal", inner), Of("table", outer)}), ElementsAre("seal", "table"));
  EXPECT_THAT(LabelsLeft({Of("table", outer), Of("text", inner)}), ElementsAre("table"));
  EXPECT_THAT(LabelsLeft({Of("image", outer), Of("image", inner)}), ElementsAre("image"));
}

TEST(FilterOverlaps, WhatIsTinyGoesAndSoDoReferences) {
  EXPECT_THAT(LabelsLeft({Of("text", {0, 0, 5, 100}), Of("reference", {0, 0, 100, 100}), Of("number", {0, 0, 6, 6})}),
              ElementsAre("number"));
}

TEST(FilterOverlaps, OutlinesMayKeepApartWhatBoxesDoNot) {
  Region lower = Of("text", {0, 0, 100, 100});
  lower.polygon = {{0, 0}, {0, 100}, {100, 100}};
  Region upper = Of("content", {0, 0, 100, 100});
  upper.polygon = {{0, 0}, {100, 0}, {100, 100}};

  EXPECT_THAT(LabelsLeft({lower, upper}, true), ElementsAre("text", "content"));
  EXPECT_THAT(LabelsLeft({lower, upper}, false), ElementsAre("text"));
}

}  // namespace
}  // namespace doclayout::postprocess
