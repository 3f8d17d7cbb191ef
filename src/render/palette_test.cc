#include "render/palette.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

namespace doclayout::render {
namespace {

auto AsTuple(Colour colour) {
  return std::tuple(colour.red, colour.green, colour.blue);
}

TEST(LabelColour, TellsTheLabelsOfThePapersModelApart) {
  std::set<decltype(AsTuple({}))> colours;
  for (const char* label : {"text", "title", "figure", "figure_caption", "table", "table_caption", "header", "footer",
                            "reference", "equation"}) {
    colours.insert(AsTuple(LabelColour(label)));
  }

  EXPECT_EQ(colours.size(), 10U);
}

TEST(LabelColour, IsTheSameInEveryRelease) {
  EXPECT_EQ(LabelColour("text"), (Colour{0x00, 0x72, 0xB2}));
  EXPECT_EQ(LabelColour("a label of another model"), (Colour{0xD5, 0x5E, 0x00}));
}

TEST(LabelColour, TakesAnyName) {
  LabelColour("");
  EXPECT_EQ(LabelColour("\xff\x00"), LabelColour("\xff\x00"));
}

TEST(TextColour, IsTheOneThatCanBeRead) {
  EXPECT_EQ(TextColour({0, 0, 0}), (Colour{255, 255, 255}));
  EXPECT_EQ(TextColour({255, 255, 255}), (Colour{0, 0, 0}));
  EXPECT_EQ(TextColour({0xE6, 0x9F, 0x00}), (Colour{0, 0, 0}));
  EXPECT_EQ(TextColour({0x33, 0x22, 0x88}), (Colour{255, 255, 255}));
}

}  // namespace
}  // namespace doclayout::render
