#include "health/deep_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <mutex>

namespace doclayout::health {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<Region> Regions() {
  return {{.label = "text", .score = 0.9F, .bbox = {10, 10, 100, 50}},
          {.label = "table", .score = 0.8F, .bbox = {10, 60, 100, 150}}};
}

DeepHealth::Sample Good() {
  return {.layout = {.regions = Regions()}, .queued = milliseconds(1), .inference = milliseconds(70)};
}

/// A model whose answers the test gives.
class Model {
 public:
  void Take(DeepHealth::SampleDone done) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::move(done));
    changed_.notify_all();
  }
  /// Waits for the next inference and answers it.
  void Answer(Result<DeepHealth::Sample> sample) { Next()(std::move(sample)); }
  DeepHealth::SampleDone Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !asked_.empty(); });
    DeepHealth::SampleDone done = std::move(asked_.front());
    asked_.pop_front();
    return done;
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return asked_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<DeepHealth::SampleDone> asked_;
};

class DeepHealthTest : public testing::Test {
 protected:
  DeepHealth& Make(DeepHealth::Options options = {.period = hours(1)}) {
    deep_ = std::make_unique<DeepHealth>(
        options, DeepHealth::Dependencies{
                     .infer = [this](auto, Deadline, DeepHealth::SampleDone done) { model_.Take(std::move(done)); },
                     .others = [this](DeepHealth::Dependencies::Look) { return others_; },
                     .registry = registry_,
                     .logger = logger_,
                     .clock = clock_});
    return *deep_;
  }
  DeepHealth& MakeWithGolden(DeepHealth::Options options = {.period = hours(1)}) {
    Make(options).SetGolden({.page = std::make_shared<Page>(), .regions = Regions()});
    return *deep_;
  }
  std::future<Report> Ask() {
    auto promise = std::make_shared<std::promise<Report>>();
    deep_->Ask([promise](const Report& report) { promise->set_value(report); });
    return promise->get_future();
  }
  std::optional<std::future<Report>> AskAbout(const std::string& key) {
    auto promise = std::make_shared<std::promise<Report>>();
    const bool taken = deep_->AskAbout(
        key, [] { return std::make_shared<const Page>(); },
        [promise](const Result<Report>& report) { promise->set_value(*report); });
    if (!taken) return std::nullopt;
    return promise->get_future();
  }
  std::string Metric(const std::string& name) const {
    const std::string text = registry_.Expose(metrics::Registry::Format::kPrometheusText);
    const std::size_t at = text.find("\n" + name + " ");
    if (at == std::string::npos) return "none";
    const std::size_t begin = at + name.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  Model model_;
  metrics::Registry registry_;
  Logger logger_{LogLevel::kOff, STDOUT_FILENO};
  SteadyClock clock_;
  std::vector<Check> others_;
  std::unique_ptr<DeepHealth> deep_;  // ends first
};

Status StatusOf(const Report& report, std::string_view name) {
  for (const Check& check : report.checks) {
    if (check.name == name) return check.status;
  }
  ADD_FAILURE() << "there is no check " << name;
  return Status::kUnhealthy;
}

TEST_F(DeepHealthTest, IsHealthyWhenWhatIsRecordedIsFound) {
  MakeWithGolden();
  auto report = Ask();

  model_.Answer(Good());

  EXPECT_EQ(report.get().status, Status::kHealthy);
  EXPECT_EQ(deep_->last().status, Status::kHealthy);
  EXPECT_EQ(deep_->Verdict().status, Status::kHealthy);
  EXPECT_EQ(Metric("pp_doclayout_golden_recall_ratio"), "1");
  EXPECT_EQ(Metric("pp_doclayout_deep_health_checks_total{status=\"healthy\"}"), "1");
}

TEST_F(DeepHealthTest, IsUnhealthyBeforeThereIsAModel) {
  Make();

  EXPECT_EQ(Ask().get().status, Status::kUnhealthy);
  EXPECT_EQ(deep_->Verdict().status, Status::kUnhealthy);
  EXPECT_EQ(model_.waiting(), 0U);
}

TEST_F(DeepHealthTest, IsUnhealthyWhenNothingIsFound) {
  MakeWithGolden();
  auto report = Ask();

  model_.Answer(DeepHealth::Sample{});

  EXPECT_EQ(StatusOf(report.get(), "detection_accuracy"), Status::kUnhealthy);
}

TEST_F(DeepHealthTest, IsUnhealthyWhenTheModelFails) {
  MakeWithGolden();
  auto report = Ask();

  model_.Answer(Fail(ErrorCode::kInternal, "the runtime broke"));

  const Report got = report.get();
  EXPECT_EQ(got.status, Status::kUnhealthy);
  EXPECT_EQ(got.checks.front().details, "the runtime broke");
  EXPECT_EQ(Metric("pp_doclayout_deep_health_checks_total{status=\"unhealthy\"}"), "1");
}

TEST_F(DeepHealthTest, WarnsOfASlowPage) {
  MakeWithGolden();
  auto report = Ask();
  DeepHealth::Sample slow = Good();
  slow.inference = seconds(6);

  model_.Answer(std::move(slow));

  const Report got = report.get();
  EXPECT_EQ(got.status, Status::kWarning);
  EXPECT_EQ(StatusOf(got, "inference_speed"), Status::kWarning);
}

TEST_F(DeepHealthTest, SharesOneInferenceAmongAllWhoAsk) {
  MakeWithGolden();
  std::vector<std::future<Report>> reports;
  for (int i = 0; i < 50; ++i) reports.push_back(Ask());

  model_.Answer(Good());

  for (auto& report : reports) EXPECT_EQ(report.get().status, Status::kHealthy);
  EXPECT_EQ(model_.waiting(), 0U);
}

TEST_F(DeepHealthTest, InfersOnePageAtATime) {
  MakeWithGolden();
  auto golden = Ask();
  auto other = AskAbout("other");
  auto same = AskAbout("other");
  const auto first = model_.Next();
  EXPECT_EQ(model_.waiting(), 0U) << "the other one waits for its turn";

  first(Good());
  model_.Answer(Good());

  EXPECT_EQ(golden.get().status, Status::kHealthy);
  EXPECT_EQ(other->get().status, Status::kHealthy);
  EXPECT_EQ(same->get().status, Status::kHealthy);
  EXPECT_EQ(model_.waiting(), 0U);
}

TEST_F(DeepHealthTest, AsksForTheGoldenPageBeforeThoseOfCallers) {
  MakeWithGolden();
  auto first = AskAbout("first");
  const auto running = model_.Next();
  auto second = AskAbout("second");
  auto golden = Ask();

  running(Good());
  model_.Answer(Good());

  EXPECT_EQ(golden.get().status, Status::kHealthy);
  EXPECT_EQ(Metric("pp_doclayout_deep_health_checks_total{status=\"healthy\"}"), "1");
  model_.Answer(Good());
  second->get();
}

TEST_F(DeepHealthTest, LetsACallersPageBetweenTwoOfItsOwn) {
  MakeWithGolden();
  auto golden = Ask();
  const auto running = model_.Next();
  auto page = AskAbout("page");
  running(Good());
  golden.get();
  auto next = model_.Next();  // the caller's
  auto again = Ask();

  next(DeepHealth::Sample{});

  EXPECT_EQ(page->get().status, Status::kUnhealthy) << "nothing found";
  model_.Answer(Good());
  EXPECT_EQ(again.get().status, Status::kHealthy);
}

TEST_F(DeepHealthTest, ChecksOnItsPeriodHoweverManyPagesAreSent) {
  MakeWithGolden({.period = milliseconds(1)}).Start();
  std::vector<std::future<Report>> pages;
  int sent = 0;

  while (Metric("pp_doclayout_deep_health_checks_total{status=\"healthy\"}") != "3") {
    while (auto page = AskAbout(std::to_string(sent++))) pages.push_back(std::move(*page));
    model_.Answer(Good());
  }
}

TEST_F(DeepHealthTest, ReadsACallersPageWhenItIsItsTurn) {
  MakeWithGolden();
  auto golden = Ask();
  const auto running = model_.Next();
  std::atomic<bool> read = false;
  std::promise<Result<Report>> said;
  deep_->AskAbout(
      "broken",
      [&read]() -> Result<std::shared_ptr<const Page>> {
        read = true;
        return Fail(ErrorCode::kUndecodable, "no page");
      },
      [&said](const Result<Report>& report) { said.set_value(report); });
  EXPECT_FALSE(read);

  running(Good());

  EXPECT_EQ(said.get_future().get().error().message, "no page");
  EXPECT_EQ(golden.get().status, Status::kHealthy);
}

TEST_F(DeepHealthTest, WarnsOfAPageThatDoesNotComeBackInTime) {
  MakeWithGolden();
  auto report = Ask();

  model_.Answer(Fail(ErrorCode::kDeadlineExceeded, "late"));

  EXPECT_EQ(report.get().status, Status::kWarning) << "slow is not ill, and a full queue neither";
}

TEST_F(DeepHealthTest, TakesNoEmptyAnswerForTheMeasureOfLaterOnes) {
  Make().SetGolden({.page = std::make_shared<Page>()});
  for (int i = 0; i < 2; ++i) {
    auto empty = Ask();
    model_.Answer(DeepHealth::Sample{});
    EXPECT_EQ(empty.get().status, Status::kUnhealthy);
  }

  auto good = Ask();
  model_.Answer(Good());

  EXPECT_EQ(good.get().status, Status::kHealthy);
}

TEST_F(DeepHealthTest, TakesFewPagesOfCallers) {
  MakeWithGolden();
  std::vector<std::future<Report>> taken;
  for (int i = 0; i < 5; ++i) taken.push_back(std::move(*AskAbout(std::to_string(i))));

  EXPECT_FALSE(AskAbout("one more"));
  EXPECT_FALSE(deep_->HasRoom());
  EXPECT_TRUE(AskAbout("4")) << "it shares";

  for (std::size_t i = 0; i < taken.size(); ++i) model_.Answer(Good());
}

TEST_F(DeepHealthTest, OfACallersPageDoesNotTouchTheVerdict) {
  MakeWithGolden();
  auto golden = Ask();
  model_.Answer(Good());
  golden.get();

  auto blank = AskAbout("blank");
  model_.Answer(DeepHealth::Sample{});

  EXPECT_EQ(blank->get().status, Status::kUnhealthy);
  EXPECT_EQ(deep_->last().status, Status::kHealthy);
}

TEST_F(DeepHealthTest, ComparesWithItsFirstAnswerWhereNothingIsRecorded) {
  Make().SetGolden({.page = std::make_shared<Page>()});
  auto first = Ask();
  model_.Answer(Good());
  EXPECT_EQ(first.get().status, Status::kHealthy);

  auto second = Ask();
  DeepHealth::Sample half = Good();
  half.layout.regions.pop_back();
  model_.Answer(std::move(half));

  EXPECT_EQ(second.get().status, Status::kUnhealthy);
}

TEST_F(DeepHealthTest, TellsWhatElseIsLookedAt) {
  others_ = {{.name = "gpu_temperature", .status = Status::kWarning}};
  MakeWithGolden();
  EXPECT_EQ(StatusOf(deep_->last(), "gpu_temperature"), Status::kWarning);
  auto report = Ask();

  model_.Answer(Good());

  EXPECT_EQ(report.get().status, Status::kWarning);
}

TEST_F(DeepHealthTest, AsksAgainWhenTheModelIsExchangedMeanwhile) {
  MakeWithGolden();
  auto report = Ask();
  const auto of_the_old_one = model_.Next();

  deep_->SetGolden({.page = std::make_shared<Page>(), .regions = {{Regions().front()}}});
  of_the_old_one(Good());
  DeepHealth::Sample of_the_new_one = Good();
  of_the_new_one.layout.regions.pop_back();
  model_.Answer(std::move(of_the_new_one));

  EXPECT_EQ(report.get().status, Status::kHealthy);
  EXPECT_EQ(Metric("pp_doclayout_deep_health_checks_total{status=\"healthy\"}"), "1");
}

TEST_F(DeepHealthTest, GivesUpAPageOfWhichNothingIsHeard) {
  MakeWithGolden({.period = Duration(0), .timeout = milliseconds(1), .lost_after = milliseconds(1)});
  auto report = Ask();
  const auto never = model_.Next();

  EXPECT_EQ(report.get().status, Status::kUnhealthy);

  auto next = Ask();
  const auto later = model_.Next();
  never(Good());  // it comes at last, and is nobody's
  later(Good());
  EXPECT_NE(next.get().checks.size(), 0U);
}

TEST_F(DeepHealthTest, ChecksOnItsPeriod) {
  MakeWithGolden({.period = milliseconds(1)}).Start();

  for (int i = 0; i < 3; ++i) model_.Answer(Good());
}

TEST_F(DeepHealthTest, EndsWithWhoeverStillWaits) {
  MakeWithGolden();
  auto report = Ask();
  const auto running = model_.Next();

  deep_ = nullptr;

  EXPECT_EQ(report.get().status, Status::kUnhealthy);
  running(Good());  // goes nowhere
}

}  // namespace
}  // namespace doclayout::health
