#include "http/analyze/reserved_page.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>

#include "http/analyze/late_pages.h"
#include "http/analyze/scheduled_pages.h"
#include "http/testing/fake_model.h"

namespace doclayout::http {
namespace {

using Sample = health::DeepHealth::Sample;

class ReservedPage : public testing::Test {
 protected:
  void TearDown() override { gate_.Open(); }

  ScheduledPages<FakeModel>& Make(FakeModelSteps steps = {}, const scheduler::Policy::Options& policy = {}) {
    pages_.emplace(ScheduledPages<FakeModel>::Options{.policy = policy, .pool = {}, .on_stuck = {}},
                   std::make_shared<FakeModel>(std::move(steps)), clock_);
    return *pages_;
  }
  std::future<Result<Sample>> Infer(PageService& pages, Duration time = std::chrono::hours(1)) {
    auto promise = std::make_shared<std::promise<Result<Sample>>>();
    auto page = std::make_shared<Page>();
    page->image = Image(4, 4);
    InferReserved(pages, page, Deadline::After(clock_, time),
                  [promise](Result<Sample> sample) { promise->set_value(std::move(sample)); });
    return promise->get_future();
  }

  const SteadyClock clock_;
  Gate gate_;
  std::optional<ScheduledPages<FakeModel>> pages_;
};

TEST_F(ReservedPage, ComesBackWithWhatWasFoundAndHowLongItTook) {
  const Result<Sample> sample = Infer(Make()).get();

  ASSERT_TRUE(sample) << sample.error().message;
  EXPECT_EQ(sample->layout.regions.size(), 1U);
  EXPECT_GT(sample->inference, Duration(0));
}

TEST_F(ReservedPage, ComesBackWithWhyItFailed) {
  FakeModelSteps steps;
  steps.infer = [](const Page&) -> Result<PageLayout> { return Fail(ErrorCode::kInternal, "it broke"); };

  EXPECT_EQ(Infer(Make(std::move(steps))).get().error().message, "it broke");
}

TEST_F(ReservedPage, ComesBackAtItsDeadline) {
  FakeModelSteps steps;
  steps.infer = gate_.Guarded();

  const Result<Sample> sample = Infer(Make(std::move(steps)), std::chrono::milliseconds(20)).get();

  EXPECT_EQ(sample.error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(ReservedPage, IsTakenWhenTheQueueIsFull) {
  FakeModelSteps steps;
  steps.infer = gate_.Guarded();
  auto& pages = Make(std::move(steps), {.slots = 1, .queue_capacity = 1, .spare_places = 0});
  const auto waits = pages.Admit({.client = "a"}, {}, {.on_page = [](auto&&...) {}, .on_end = [](auto&&) {}});
  ASSERT_TRUE(waits);
  ASSERT_TRUE(pages.Judge({.client = "b"}));

  auto sample = Infer(pages);
  gate_.Open();

  EXPECT_TRUE(sample.get());
}

TEST_F(ReservedPage, IsRefusedBeforeThereIsAModel) {
  LatePages pages;

  EXPECT_EQ(Infer(pages).get().error().code, ErrorCode::kNotReady);
}

TEST_F(ReservedPage, GoesToTheModelOnceItIsThere) {
  LatePages pages;
  EXPECT_EQ(pages.load().slots, 0);
  EXPECT_TRUE(pages.Judge({}));
  EXPECT_EQ(pages.CheckParameters({}).error().code, ErrorCode::kNotReady);
  EXPECT_EQ(pages.model_identity().name, "");

  pages.Set(Make());

  EXPECT_TRUE(Infer(pages).get());
  EXPECT_EQ(pages.load().slots, 1);
  EXPECT_FALSE(pages.Judge({}));
  EXPECT_EQ(pages.model_identity().name, "fake");
}

}  // namespace
}  // namespace doclayout::http
