#include "output_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace doclayout {
namespace {

using testing::ElementsAre;

constexpr auto kOne = FilesADocument::kOne;
constexpr auto kOneAPage = FilesADocument::kOneAPage;

TEST(OutputNames, TakesTheInputsNameWithAnotherExtension) {
  EXPECT_THAT(OutputNames({"in/a.jpg", "b.tif"}, ".png", kOneAPage), ElementsAre("a.png", "b.png"));
}

TEST(OutputNames, NoTwoInputsShareAnOutput) {
  EXPECT_THAT(OutputNames({"a.jpg", "a.png", "x/b.png", "y/b.png"}, ".json", kOne),
              ElementsAre("a.jpg.json", "a.png.json", "b.png.json", "b.png.2.json"));
}

TEST(OutputNames, NoInputIsCalledLikeAPageOfAnother) {
  EXPECT_THAT(OutputNames({"scan.tif", "scan-1.png"}, ".png", kOneAPage), ElementsAre("scan.png", "scan-1.png.png"));
  EXPECT_THAT(OutputNames({"scan-1.png", "scan.tif"}, ".png", kOneAPage), ElementsAre("scan-1.png.png", "scan.png"));
}

TEST(OutputNames, WhatLooksLikeAPageOfNothingKeepsItsName) {
  EXPECT_THAT(OutputNames({"scan-1.png", "scan-2.png", "scan-02.tif", "a/scan-x.png"}, ".png", kOneAPage),
              ElementsAre("scan-1.png", "scan-2.png", "scan-02.png", "scan-x.png"));
}

TEST(OutputNames, PagesDoNotMatterWhereADocumentIsOneFile) {
  EXPECT_THAT(OutputNames({"scan.tif", "scan-1.png"}, ".json", kOne), ElementsAre("scan.json", "scan-1.json"));
}

TEST(OutputNames, AMadeUpNameNeverTakesAPlainOne) {
  EXPECT_THAT(OutputNames({"x/b.png", "y/b.png", "b.png.jpg", "b.png.2.jpg"}, ".json", kOne),
              ElementsAre("b.png.3.json", "b.png.4.json", "b.png.json", "b.png.2.json"));
}

TEST(OutputNames, NothingThatMayBeWrittenIsWrittenTwice) {
  const std::vector<std::string> inputs{"a",       "a-1",   "x/a-1",   "a-1.tif", "a-1-1",   "a-1-1.png", "y/a",
                                        "a.2",     "a.2-1", "a.2-1.x", "a-2.png", "z/a-2.x", "a-2-7",     "a-1.tif-1",
                                        "w/a.tif", "a.tif", "a.tif-3", "v/a",     "a.2.png"};

  const auto names = OutputNames(inputs, ".png", kOneAPage);

  std::set<std::string> written;
  for (const std::string& name : names) {
    EXPECT_TRUE(written.insert(name).second) << name;
    for (int page = 1; page <= 9; ++page) {
      EXPECT_TRUE(written.insert(WithPageNumber(name, page).string()).second) << name << " page " << page;
    }
  }
}

TEST(WithPageNumber, PutsTheNumberBeforeTheExtension) {
  EXPECT_EQ(WithPageNumber("out/scan.png", 3), "out/scan-3.png");
}

}  // namespace
}  // namespace doclayout
