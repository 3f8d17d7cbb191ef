#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "base/testing/fake_clock.h"

namespace doclayout::pipeline {
namespace {

/// A PicoDet of one 64x64 level whose single cell says what a test put there; inference takes 50 ms of the fake clock.
class FakeSession final : public runtime::Session {
 public:
  FakeSession(FakeClock& clock, float score) : clock_(clock), scores_{score}, input_(64 * 64 * 3) {
    std::fill(distances_.begin(), distances_.end(), 0.0F);
  }

  int batch() const override { return 1; }
  std::span<std::uint8_t> image(int /*index*/) override { return input_; }
  void SetScaleFactor(int /*index*/, float /*y*/, float /*x*/) override {}

  Result<std::span<const TensorView>> Run() override {
    clock_.Advance(std::chrono::milliseconds(50));
    if (scores_[0] < 0) return Fail(ErrorCode::kInternal, "inference failed: told to");
    views_ = {{"scores", ElementType::kFloat32, {1, 1, 1}, scores_.data()},
              {"distances", ElementType::kFloat32, {1, 1, 32}, distances_.data()}};
    return views_;
  }

 private:
  FakeClock& clock_;
  std::array<float, 1> scores_;
  std::array<float, 32> distances_{};
  std::vector<std::uint8_t> input_;
  std::vector<TensorView> views_;
};

model::ModelCard Card() {
  model::ModelCard card;
  card.labels = {"text"};
  card.input = {.name = "image", .width = 64, .height = 64};
  card.outputs = model::PicoDetOutputs{.levels = {{.stride = 64, .scores = 0, .distances = 1}}, .distance_bins = 8};
  return card;
}

Page WhitePage(int width, int height) {
  Page page{.index = 3, .rotation = 90, .dpi = 200.0, .image = Image(width, height)};
  std::ranges::fill(page.image.bytes(), std::uint8_t{255});
  return page;
}

TEST(Pipeline, GivesTheRegionsOfAPageAndItsProperties) {
  FakeClock clock;
  const model::ModelCard card = Card();
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
  const model::ModelCard card = Card();
  Pipeline pipeline(std::make_unique<FakeSession>(clock, 0.1F), card, clock);
  StageTimings timings;

  ASSERT_TRUE(pipeline.Analyze(WhitePage(10, 10), {}, timings));
  ASSERT_TRUE(pipeline.Analyze(WhitePage(10, 10), {}, timings));

  EXPECT_DOUBLE_EQ(timings.inference, 100);
}

TEST(Pipeline, PassesAFailureOfTheRuntimeOn) {
  FakeClock clock;
  const model::ModelCard card = Card();
  Pipeline pipeline(std::make_unique<FakeSession>(clock, -1.0F), card, clock);
  StageTimings timings;

  const auto layout = pipeline.Analyze(WhitePage(10, 10), {}, timings);

  EXPECT_EQ(layout.error(), (Error{ErrorCode::kInternal, "inference failed: told to"}));
}

}  // namespace
}  // namespace doclayout::pipeline
