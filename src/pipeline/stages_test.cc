#include "pipeline/stages.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "base/testing/fake_clock.h"
#include "pipeline/pipeline.h"
#include "pipeline/testing/fake_session.h"

namespace doclayout::pipeline {
namespace {

std::vector<std::unique_ptr<runtime::Session>> Sessions(FakeClock& clock, float score, int batch, int count = 1) {
  std::vector<std::unique_ptr<runtime::Session>> sessions;
  for (int i = 0; i < count; ++i) sessions.push_back(std::make_unique<FakeSession>(clock, score, batch));
  return sessions;
}

std::vector<const ModelInput*> Pointers(std::span<const ModelInput> inputs) {
  std::vector<const ModelInput*> pointers;
  for (const ModelInput& input : inputs) pointers.push_back(&input);
  return pointers;
}

TEST(Stages, GiveTogetherWhatThePipelineGives) {
  FakeClock clock;
  const model::ModelCard card = FakeCard();
  const Page page = WhitePage(100, 200);
  StageTimings timings;
  Pipeline whole(std::make_unique<FakeSession>(clock, 0.9F), card, clock);
  SessionPool sessions(Sessions(clock, 0.9F, 1));

  auto input = Prepare(page, card);
  ASSERT_TRUE(input);
  auto outputs = Infer(sessions, Pointers({&*input, 1}));
  ASSERT_TRUE(outputs);
  const auto layout = Finish(std::move(outputs->front()), card, {});

  const auto expected = whole.Analyze(page, {}, timings);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->index, expected->index);
  EXPECT_EQ(layout->width, expected->width);
  EXPECT_EQ(layout->height, expected->height);
  EXPECT_EQ(layout->rotation, expected->rotation);
  EXPECT_EQ(layout->dpi, expected->dpi);
  EXPECT_EQ(layout->order_source, expected->order_source);
  ASSERT_EQ(layout->regions.size(), 1U);
  EXPECT_EQ(layout->regions[0].bbox, expected->regions[0].bbox);
  EXPECT_EQ(layout->regions[0].score, expected->regions[0].score);
}

TEST(Stages, MeasureAReducedPageInItsOwnPixels) {
  FakeClock clock;
  const model::ModelCard card = FakeCard();
  const Page whole = WhitePage(400, 200);
  Page reduced = WhitePage(100, 50);
  reduced.whole = whole.size();

  const auto expected = Prepare(whole, card);
  const auto input = Prepare(reduced, card);

  ASSERT_TRUE(expected && input);
  EXPECT_EQ(input->frame.width, 400);
  EXPECT_EQ(input->frame.height, 200);
  EXPECT_EQ(input->scale.x, expected->scale.x);
  EXPECT_EQ(input->scale.y, expected->scale.y);
}

TEST(Stages, GiveEachPageOfABatchItsOwn) {
  FakeClock clock;
  const model::ModelCard card = FakeCard();
  SessionPool sessions(Sessions(clock, 1.0F, 3));
  std::vector<ModelInput> inputs;
  for (const std::uint8_t grey : {255, 0, 204}) inputs.push_back(*Prepare(GreyPage(100, 100, grey), card));

  auto outputs = Infer(sessions, Pointers(inputs));

  ASSERT_TRUE(outputs);
  ASSERT_EQ(outputs->size(), 3U);
  std::vector<PageLayout> layouts;
  for (ModelOutput& output : *outputs) {
    auto layout = Finish(std::move(output), card, {});
    ASSERT_TRUE(layout) << layout.error().message;
    layouts.push_back(std::move(*layout));
  }
  ASSERT_EQ(layouts[0].regions.size(), 1U);
  EXPECT_FLOAT_EQ(layouts[0].regions[0].score, 1.0F);
  EXPECT_TRUE(layouts[1].regions.empty());
  ASSERT_EQ(layouts[2].regions.size(), 1U);
  EXPECT_FLOAT_EQ(layouts[2].regions[0].score, 0.8F);
}

TEST(Stages, RefuseMorePagesThanASessionTakes) {
  FakeClock clock;
  SessionPool sessions(Sessions(clock, 1.0F, 1));
  const ModelInput input = *Prepare(WhitePage(10, 10), FakeCard());
  const std::vector<const ModelInput*> inputs(2, &input);

  EXPECT_EQ(Infer(sessions, inputs).error(),
            (Error{ErrorCode::kInternal, "2 pages were to be inferred together by a session for 1"}));
}

TEST(Stages, PassAFailureOfTheRuntimeOnAndGiveTheSessionBack) {
  FakeClock clock;
  SessionPool sessions(Sessions(clock, -1.0F, 1));
  const ModelInput input = *Prepare(WhitePage(10, 10), FakeCard());

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Infer(sessions, Pointers({&input, 1})).error(),
              (Error{ErrorCode::kInternal, "inference failed: told to"}));
  }
}

TEST(SessionPool, LendsASessionToOneAtATime) {
  FakeClock clock;
  SessionPool sessions(Sessions(clock, 1.0F, 1, 2));
  SessionPool::Lease first = sessions.Take();
  const SessionPool::Lease second = sessions.Take();
  EXPECT_NE(first, second);
  auto third = std::async(std::launch::async, [&sessions] { return sessions.Take(); });

  runtime::Session* const given_back = first.get();
  first = nullptr;

  EXPECT_EQ(third.get().get(), given_back);
}

TEST(SessionPool, TakesASessionInThePlaceOfOneThatIsMissing) {
  FakeClock clock;
  SessionPool sessions(Sessions(clock, 1.0F, 1));
  const SessionPool::Lease hanging = sessions.Take();

  sessions.Add(std::make_unique<FakeSession>(clock, 1.0F));

  EXPECT_NE(sessions.Take(), hanging);
}

TEST(SessionPool, MayEndBeforeItsSessionsAreGivenBack) {
  FakeClock clock;
  auto sessions = std::make_unique<SessionPool>(Sessions(clock, 1.0F, 1));
  const SessionPool::Lease lent = sessions->Take();

  sessions = nullptr;

  EXPECT_EQ(lent->batch(), 1);
}

}  // namespace
}  // namespace doclayout::pipeline
