#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "render/render.h"

namespace doclayout::render {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr DocumentInfo kInfo = {
    .request_id = "r-1", .model_name = "picodet-cdla", .model_sha256 = "25b1", .model_family = "picodet"};

Region TextRegion() {
  return {.label = "text", .label_id = 0, .score = 0.991F, .bbox = {321.44F, 91.46F, 562.11F, 199.9F}, .order = 1};
}

PageLayout PageWith(Region region) {
  return {.width = 621, .height = 877, .order_source = OrderSource::kXyCut, .regions = {std::move(region)}};
}

std::string Render(const PageLayout& page) {
  return ToJson(kInfo, {page}, {}, /*pretty=*/false);
}

TEST(ToJson, HasEveryFieldOfTheContractInItsOrder) {
  const StageTimings timings = {
      .decode = 3.1, .queue = 0.2, .preprocess = 1, .inference = 70.2, .postprocess = 0.4, .total = 75.123};

  EXPECT_EQ(ToJson(kInfo, {PageWith(TextRegion())}, timings, /*pretty=*/false),
            R"({"request_id":"r-1","model":{"name":"picodet-cdla","sha256":"25b1","family":"picodet"},)"
            R"("pages":[{"index":0,"width":621,"height":877,"dpi":null,"rotation":0,"order_source":"xy_cut",)"
            R"("regions":[{"id":0,"label":"text","label_id":0,"score":0.991,"bbox":[321.4,91.5,562.1,199.9],)"
            R"("polygon":[[321.4,91.5],[562.1,91.5],[562.1,199.9],[321.4,199.9]],"order":1}]}],)"
            R"("timings_ms":{"decode":3.1,"queue":0.2,"preprocess":1.0,"inference":70.2,"postprocess":0.4,)"
            R"("total":75.12}})");
}

TEST(ToJson, LeavesOutAnEmptyRequestId) {
  const std::string json = ToJson({.model_name = "m"}, {}, {}, /*pretty=*/false);

  EXPECT_THAT(json, Not(HasSubstr("request_id")));
  EXPECT_THAT(json, HasSubstr(R"("pages":[])"));
}

TEST(ToJson, NamesTheFileFirstWhereThereAreSeveral) {
  EXPECT_THAT(ToJson({.file = "a/b.png", .request_id = "r"}, {}, {}, /*pretty=*/false),
              StartsWith(R"({"file":"a/b.png","request_id":"r","model":)"));
}

TEST(ToJson, PrintsAPageWithoutRegions) {
  EXPECT_THAT(Render({.width = 1, .height = 1}), HasSubstr(R"("order_source":"none","regions":[])"));
}

TEST(ToJson, NumbersRegionsAndKeepsTheirOrder) {
  PageLayout page = PageWith(TextRegion());
  page.regions.push_back({.label = "table", .label_id = 5});

  const auto json = nlohmann::json::parse(Render(page));

  EXPECT_EQ(json["pages"][0]["regions"][0]["label"], "text");
  EXPECT_EQ(json["pages"][0]["regions"][1]["label"], "table");
  EXPECT_EQ(json["pages"][0]["regions"][1]["id"], 1);
  EXPECT_TRUE(json["pages"][0]["regions"][1]["order"].is_null());
}

TEST(ToJson, PrintsAPolygonThatTheModelGave) {
  Region region = TextRegion();
  region.polygon = {{1.04F, 2}, {3, 4.06F}, {5, 6}};

  EXPECT_THAT(Render(PageWith(region)), HasSubstr(R"("polygon":[[1,2],[3,4.1],[5,6]])"));
}

TEST(ToJson, RoundsTheResolution) {
  PageLayout page = PageWith(TextRegion());
  page.dpi = 299.9994;

  EXPECT_THAT(Render(page), HasSubstr(R"("dpi":300.0)"));
}

TEST(ToJson, PrintsNoBinaryNoise) {
  // Every score of four decimals, as the float that is nearest to it.
  for (int i = 0; i <= 10'000; ++i) {
    Region region = TextRegion();
    region.score = static_cast<float>(i) / 10'000;

    const auto json = nlohmann::json::parse(Render(PageWith(region)));

    const std::string printed = json["pages"][0]["regions"][0]["score"].dump();
    ASSERT_LE(printed.size(), 6U) << printed;
    ASSERT_DOUBLE_EQ(std::stod(printed), i / 10'000.0);
  }
}

TEST(ToJson, PrintsNoMinusZero) {
  Region region = TextRegion();
  region.bbox = {-0.04F, -0.0F, 5, 5};

  EXPECT_THAT(Render(PageWith(region)), HasSubstr(R"("bbox":[0,0,5,5])"));
}

TEST(ToJson, StaysJsonWhateverTheFloats) {
  Region region = TextRegion();
  region.score = std::numeric_limits<float>::quiet_NaN();
  region.bbox.x2 = std::numeric_limits<float>::infinity();

  const auto json = nlohmann::json::parse(Render(PageWith(region)));

  EXPECT_TRUE(json["pages"][0]["regions"][0]["score"].is_null());
}

TEST(ToJson, ReplacesWhatIsNotUtf8) {
  Region region = TextRegion();
  region.label = "t\xff\"x";

  const auto json = nlohmann::json::parse(Render(PageWith(region)));

  EXPECT_EQ(json["pages"][0]["regions"][0]["label"], "t\xEF\xBF\xBD\"x");
}

TEST(ToJson, PrettySaysTheSameOnManyLines) {
  const std::string plain = ToJson(kInfo, {PageWith(TextRegion()), {}}, {}, /*pretty=*/false);
  const std::string pretty = ToJson(kInfo, {PageWith(TextRegion()), {}}, {}, /*pretty=*/true);

  EXPECT_EQ(nlohmann::ordered_json::parse(pretty), nlohmann::ordered_json::parse(plain));
  EXPECT_THAT(pretty, HasSubstr("\n          \"bbox\": [321.4,91.5,562.1,199.9],\n"));
}

}  // namespace
}  // namespace doclayout::render
