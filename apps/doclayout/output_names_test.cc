#include "output_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout {
namespace {

using testing::ElementsAre;

TEST(OutputNames, TakesTheInputsNameWithAnotherExtension) {
  EXPECT_THAT(OutputNames({"in/a.jpg", "b.tif"}, ".png"), ElementsAre("a.png", "b.png"));
}

TEST(OutputNames, NoTwoInputsShareAnOutput) {
  EXPECT_THAT(OutputNames({"a.jpg", "a.png", "x/b.png", "y/b.png"}, ".json"),
              ElementsAre("a.jpg.json", "a.png.json", "b.png.json", "b.png.2.json"));
}

TEST(WithPageNumber, PutsTheNumberBeforeTheExtension) {
  EXPECT_EQ(WithPageNumber("out/scan.png", 3), "out/scan-3.png");
}

}  // namespace
}  // namespace doclayout
