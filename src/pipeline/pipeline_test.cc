#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/testing/fake_clock.h"
#include "pipeline/testing/fake_session.h"

namespace doclayout::pipeline {
namespace {

TEST(Pipeline, GivesTheRegionsOfAPageAndItsProperties) {
  FakeClock clock;
  const model::ModelCard card = FakeCard();
  Pipeline pipeline(std::make_unique<FakeSession>(clock, 0.9F), card, clock);
  StageTimings timings;

  const auto layout = pipeline.Analyze(WhitePage(100, 200), {}, timings);

  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(layout->index, 3);
  EXPECT_EQ(layout->width, 100);
  EXPECT_EQ(layout->height, 200);
  EXPECT_EQ(layout->rotation, 90);
  EXPECT_EQ(layout->dpi, 200.0);
  EXPECT_EQ(layout->order_source, OrderSource::kXyCut);
  ASSERT_EQ(layout->regions.size(), 1U);
  EXPECT_EQ(layout->regions[0].bbox, (Box{0, 0, 100, 200}));
  EXPECT_DOUBLE_EQ(timings.inference, 50);
}

TEST(Pipeline, AddsTimesUpOverPages) {
  FakeClock clock;
  const model::ModelCard card = FakeCard();
  Pipeline pipeline(std::make_unique<FakeSession>(clock, 0.1F), card, clock);
  StageTimings timings;

  ASSERT_TRUE(pipeline.Analyze(WhitePage(10, 10), {}, timings));
  ASSERT_TRUE(pipeline.Analyze(WhitePage(10, 10), {}, timings));

  EXPECT_DOUBLE_EQ(timings.inference, 100);
}

TEST(Pipeline, PassesAFailureOfTheRuntimeOn) {
  FakeClock clock;
  const model::ModelCard card = FakeCard();
  Pipeline pipeline(std::make_unique<FakeSession>(clock, -1.0F), card, clock);
  StageTimings timings;

  const auto layout = pipeline.Analyze(WhitePage(10, 10), {}, timings);

  EXPECT_EQ(layout.error(), (Error{ErrorCode::kInternal, "inference failed: told to"}));
}

}  // namespace
}  // namespace doclayout::pipeline
