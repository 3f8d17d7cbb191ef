#include "runtime/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace doclayout::runtime {
namespace {

using testing::HasSubstr;

/// Gives what a test put there, and remembers what it was asked with.
class FakeSession final : public Session {
 public:
  explicit FakeSession(std::vector<TensorView> outputs) : outputs_(std::move(outputs)) {}

  int batch() const override { return 2; }
  std::span<std::uint8_t> image(int index) override { return images_[static_cast<std::size_t>(index)]; }
  void SetScaleFactor(int /*index*/, float y, float x) override { factors_.insert({y, x}); }
  Result<std::span<const TensorView>> Run() override { return outputs_; }

  const std::vector<std::uint8_t>& pixels(std::size_t index) const { return images_[index]; }
  const std::multiset<std::pair<float, float>>& factors() const { return factors_; }

 private:
  std::vector<TensorView> outputs_;
  std::array<std::vector<std::uint8_t>, 2> images_{std::vector<std::uint8_t>(300), std::vector<std::uint8_t>(300)};
  std::multiset<std::pair<float, float>> factors_;
};

model::ModelCard Card() {
  model::ModelCard card;
  card.family = model::Family::kPpDocLayoutV3;
  card.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7, .count = 1, .masks = 2};
  return card;
}

std::vector<TensorView> Outputs(std::size_t rows, std::size_t masks) {
  return {{"det", ElementType::kFloat32, {rows, 7}, nullptr},
          {"count", ElementType::kInt32, {2}, nullptr},
          {"masks", ElementType::kUint8, {masks, 200, 200}, nullptr}};
}

TEST(WarmUp, InfersOnceOnPagesThatAreNotBlank) {
  FakeSession session(Outputs(600, 600));

  ASSERT_TRUE(WarmUp(session, Card()));

  for (std::size_t page = 0; page < 2; ++page) {
    const auto& pixels = session.pixels(page);
    EXPECT_GT(std::set<std::uint8_t>(pixels.begin(), pixels.end()).size(), 100U);
  }
  EXPECT_EQ(session.factors(), (std::multiset<std::pair<float, float>>{{1, 1}, {1, 1}}));
}

TEST(WarmUp, RefusesWhatTheCardDoesNotSay) {
  FakeSession session(Outputs(600, 300));

  EXPECT_THAT(WarmUp(session, Card()).error().message, HasSubstr("600 rows of detections and 300 masks"));
}

TEST(CheckOutputs, RefusesAMissingOutput) {
  auto outputs = Outputs(600, 600);
  outputs.pop_back();

  EXPECT_EQ(CheckOutputs(outputs, Card(), 2).error().code, ErrorCode::kBadModel);
  EXPECT_THAT(CheckOutputs(outputs, Card(), 2).error().message, HasSubstr("gives 2 outputs"));
}

TEST(CheckOutputs, RefusesAnotherShape) {
  auto outputs = Outputs(600, 600);
  outputs[0].shape = {600, 6};

  EXPECT_THAT(CheckOutputs(outputs, Card(), 2).error().message, HasSubstr("'det' has the shape [600,6]"));
}

TEST(CheckOutputs, RefusesAnotherNumberOfPages) {
  EXPECT_THAT(CheckOutputs(Outputs(600, 600), Card(), 1).error().message, HasSubstr("'count' has the shape [2]"));
}

TEST(CheckOutputs, RefusesAnotherType) {
  auto outputs = Outputs(600, 600);
  outputs[2].type = ElementType::kFloat32;

  EXPECT_THAT(CheckOutputs(outputs, Card(), 2).error().message,
              HasSubstr("'masks' is of type float32 where uint8 is expected"));
}

TEST(OutputType, IsFloatForQueries) {
  model::ModelCard card = Card();
  card.outputs = model::QueryOutputs{.logits = 0, .boxes = 1, .order = 2, .masks = 3};

  EXPECT_EQ(OutputType(card, 3), ElementType::kFloat32);
  EXPECT_EQ(OutputType(Card(), 2), ElementType::kUint8);
  EXPECT_EQ(OutputType(Card(), 1), ElementType::kInt32);
  EXPECT_EQ(OutputType(Card(), 0), ElementType::kFloat32);
}

}  // namespace
}  // namespace doclayout::runtime
