#include "postprocess/layout.h"

#include <gtest/gtest.h>

#include <vector>

#include "postprocess/testing/small_detector.h"

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

PageLayout Page() {
  return {.width = 100, .height = 100};
}

TEST(FillRegions, TakesTheModelsOrderAndLeavesOutWhatHasNone) {
  SmallDetector model;
  model.card.defaults.unordered_labels = std::vector<std::string>{"image"};
  model.Add(0, 0.9F, {0, 0, 90, 20}, 8);
  model.Add(1, 0.8F, {0, 30, 90, 50}, 5);
  model.Add(2, 0.7F, {0, 60, 90, 80}, 9);
  PageLayout layout = Page();

  ASSERT_TRUE(FillRegions(model.Outputs(), model.card, {}, layout));

  EXPECT_EQ(layout.order_source, OrderSource::kModel);
  ASSERT_EQ(layout.regions.size(), 3U);
  EXPECT_EQ(layout.regions[0].label, "image");
  EXPECT_EQ(layout.regions[0].order, std::nullopt);
  EXPECT_EQ(layout.regions[1].order, 1);
  EXPECT_EQ(layout.regions[2].order, 2);
}

TEST(FillRegions, OrdersByXyCutWhereTheModelGivesNoOrder) {
  SmallDetector model;
  model.description().columns = 6;
  model.rows = {0, 0.9F, 0, 60, 90, 80, 0, 0.8F, 0, 0, 90, 20};
  const std::vector<TensorView> outputs{{"boxes", ElementType::kFloat32, {2, 6}, model.rows.data()}};
  PageLayout layout = Page();

  ASSERT_TRUE(FillRegions(outputs, model.card, {}, layout));

  EXPECT_EQ(layout.order_source, OrderSource::kXyCut);
  EXPECT_EQ(layout.regions[0].bbox.y1, 0);
  EXPECT_EQ(layout.regions[0].order, 1);
}

TEST(FillRegions, FindsAPageOfABatch) {
  SmallDetector model;
  model.Add(0, 0.9F, {0, 0, 90, 20}, 1);
  model.Add(2, 0.8F, {0, 0, 90, 20}, 1);
  model.Count({1, 1});
  PageLayout layout = Page();

  ASSERT_TRUE(FillRegions(model.Outputs(), model.card, {}, layout, {.index = 1, .size = 2}));

  ASSERT_EQ(layout.regions.size(), 1U);
  EXPECT_EQ(layout.regions[0].label, "table");
}

TEST(FillRegions, NamesWhatTheCallerGotWrong) {
  const SmallDetector model;
  PageLayout layout = Page();

  const auto filled = FillRegions(model.Outputs(), model.card, {.class_threshold = {{"9", 0.5F}}}, layout);

  EXPECT_EQ(filled.error().code, ErrorCode::kBadParameter);
}

/// Two pages of a PicoDet with one cell; only the second one's finds something.
struct TwoPages {
  TwoPages() {
    card.labels = {"text"};
    card.input = {.name = "image", .width = 64, .height = 64};
    card.outputs = model::PicoDetOutputs{.levels = {{.stride = 64, .scores = 0, .distances = 1}}, .distance_bins = 8};
  }
  std::vector<TensorView> Outputs() const {
    return {{"scores", ElementType::kFloat32, {2, 1, 1}, scores.data()},
            {"distances", ElementType::kFloat32, {2, 1, 32}, distances.data()}};
  }

  model::ModelCard card;
  std::vector<float> scores = {0, 0.9F};
  std::vector<float> distances = std::vector<float>(64);
};

TEST(FillRegions, TellsThePagesOfAPicoDetsBatchApart) {
  const TwoPages model;
  PageLayout first = Page();
  PageLayout second = Page();

  ASSERT_TRUE(FillRegions(model.Outputs(), model.card, {}, first, {.index = 0, .size = 2}));
  ASSERT_TRUE(FillRegions(model.Outputs(), model.card, {}, second, {.index = 1, .size = 2}));

  EXPECT_TRUE(first.regions.empty());
  ASSERT_EQ(second.regions.size(), 1U);
  EXPECT_FLOAT_EQ(second.regions[0].score, 0.9F);
}

TEST(FillRegions, RefusesAPageThatTheBatchDoesNotHave) {
  const TwoPages model;
  for (const int index : {-1, 2}) {
    PageLayout layout = Page();

    EXPECT_EQ(FillRegions(model.Outputs(), model.card, {}, layout, {.index = index, .size = 2}).error().code,
              ErrorCode::kInternal);
  }
}

TEST(FillRegions, RefusesOutputsForAnotherNumberOfPages) {
  const TwoPages model;
  PageLayout layout = Page();

  EXPECT_EQ(FillRegions(model.Outputs(), model.card, {}, layout, {.index = 0, .size = 3}).error(),
            (Error{ErrorCode::kInternal, "the output 'scores' is not for 3 pages"}));
}

}  // namespace
}  // namespace doclayout::postprocess
