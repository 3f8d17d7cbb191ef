#include "postprocess/layout.h"

#include <gtest/gtest.h>

namespace doclayout::postprocess {
namespace {

TEST(OrderByXyCut, SortsAndNumbersRegions) {
  std::vector<Region> regions(3);
  regions[0] = {.label = "text", .bbox = {0, 500, 100, 600}};
  regions[1] = {.label = "footer", .bbox = {0, 700, 100, 710}};
  regions[2] = {.label = "title", .bbox = {0, 0, 100, 50}};

  OrderByXyCut(regions);

  EXPECT_EQ(regions[0].label, "title");
  EXPECT_EQ(regions[1].label, "text");
  EXPECT_EQ(regions[2].label, "footer");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(regions[static_cast<std::size_t>(i)].order, i + 1);
}

TEST(OrderByXyCut, TakesAPageWithoutRegions) {
  std::vector<Region> regions;

  OrderByXyCut(regions);

  EXPECT_TRUE(regions.empty());
}

}  // namespace
}  // namespace doclayout::postprocess
