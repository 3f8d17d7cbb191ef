#include "golden_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "model/model_file.h"

namespace doclayout {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using testing::HasSubstr;

const model::ModelCard& Card() {
  static const model::ModelCard kCard = model::ModelFile::Embedded().card();
  return kCard;
}

std::vector<Region> Regions() {
  return {{.label = "text", .score = 0.5F, .bbox = {1, 2, 30, 40}},
          {.label = "a \"quoted\" one", .score = 1, .bbox = {5, 6, 7, 8}}};
}

std::string Text() {
  return WriteGolden(Card(), {}, Regions());
}

/// Why a file that differs from a good one in `change` is not taken.
std::string WhyNot(const std::function<void(Json&)>& change) {
  Json json = Json::parse(Text());
  change(json);
  const auto golden = ReadGolden(json.dump(), Card());
  EXPECT_FALSE(golden);
  return golden ? std::string() : golden.error().message;
}

TEST(GoldenFile, IsReadAsItWasWritten) {
  const auto golden = ReadGolden(Text(), Card());

  ASSERT_TRUE(golden) << golden.error().message;
  ASSERT_EQ(golden->regions->size(), 2U);
  EXPECT_EQ(golden->regions->at(1).label, "a \"quoted\" one");
  EXPECT_EQ(golden->regions->at(0).bbox, Regions().at(0).bbox);
  EXPECT_GT(golden->page->image.width(), 100);
}

TEST(GoldenFile, CarriesAPageOfItsOwn) {
  std::ifstream file(fs::path(std::getenv("DOCLAYOUT_SOURCE_DIR")) / "tests/pages/tiny.png", std::ios::binary);
  const std::vector<std::uint8_t> page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(page.empty());

  const auto golden = ReadGolden(WriteGolden(Card(), page, Regions()), Card());

  ASSERT_TRUE(golden) << golden.error().message;
  EXPECT_LT(golden->page->image.width(), 100);
}

TEST(GoldenFile, OfTheEmbeddedModelIsInTheProgram) {
  const auto found = LoadGolden(Card(), {}, "");

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->note, "");
  EXPECT_EQ(found->page.regions->size(), 15U);
}

TEST(GoldenFile, OfAnotherModelIsNotTaken) {
  EXPECT_THAT(WhyNot([](Json& json) { json["model"]["sha256"] = "00"; }), HasSubstr("of another model"));
  EXPECT_THAT(WhyNot([](Json& json) { json["model"]["settings_sha256"] = "00"; }), HasSubstr("of another model"));
}

TEST(GoldenFile, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(ReadGolden("rubbish", Card()).error().message, HasSubstr("not JSON"));
  EXPECT_THAT(WhyNot([](Json& json) { json["format"] = 2; }), HasSubstr("format"));
  EXPECT_THAT(WhyNot([](Json& json) { json.erase("regions"); }), HasSubstr("regions"));
  EXPECT_THAT(WhyNot([](Json& json) { json["regions"][0]["bbox"] = {1, 2, 3}; }), HasSubstr("no golden page"));
  EXPECT_THAT(WhyNot([](Json& json) { json["regions"][0]["bbox"] = {5, 5, 1, 1}; }), HasSubstr("regions"));
  EXPECT_THAT(WhyNot([](Json& json) { json["regions"][0]["score"] = 7; }), HasSubstr("regions"));
  EXPECT_THAT(WhyNot([](Json& json) { json["page"]["sha256"] = "00"; }), HasSubstr("built-in page"));
  EXPECT_THAT(WhyNot([](Json& json) { json["page"]["data"] = "AAAA"; }), HasSubstr("damaged"));
  EXPECT_THAT(WhyNot([](Json& json) { json["page"]["data"] = "?"; }), HasSubstr("base64"));
}

TEST(GoldenFile, ThatIsMissingOrBadBesideAModelIsANote) {
  model::ModelCard other = Card();
  other.sha256 = "00";
  const fs::path folder = fs::path(testing::TempDir()) / "doclayout_golden";
  fs::create_directories(folder);
  std::ofstream(folder / "bad.golden.json") << "rubbish";

  const auto missing = LoadGolden(other, folder / "none.onnx", "");
  const auto bad = LoadGolden(other, folder / "bad.onnx", "");
  const auto named = LoadGolden(other, folder / "none.onnx", (folder / "bad.golden.json").string());

  EXPECT_THAT(missing->note, HasSubstr("doclayout model golden"));
  EXPECT_FALSE(missing->page.regions);
  EXPECT_THAT(bad->note, HasSubstr("not JSON"));
  EXPECT_EQ(named.error().code, ErrorCode::kBadParameter) << "who names one wants it";
  fs::remove_all(folder);
}

TEST(GoldenFile, IsLookedForBesideTheGraph) {
  EXPECT_EQ(GoldenPathOf("/models/a.onnx"), "/models/a.golden.json");
  EXPECT_EQ(GoldenPathOf(""), "");
}

}  // namespace
}  // namespace doclayout
