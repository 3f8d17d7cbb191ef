#include "health/detection_drift.h"

#include <gtest/gtest.h>

#include <random>

namespace doclayout::health {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Users' pages: a mean number of regions, how sure the model is of them, and how many of them are tables.
struct Pages {
  double regions = 10;
  double score = 0.85;
  double tables = 0.2;
};

class DriftOf {
 public:
  explicit DriftOf(DetectionDrift::Options options = {}) : drift(options) {}

  DriftOf& Add(int count, Pages pages, Duration apart = seconds(60)) {
    std::poisson_distribution<int> regions(pages.regions);
    std::normal_distribution<double> scores(pages.score, 0.05);
    std::bernoulli_distribution table(pages.tables);
    for (int i = 0; i < count; ++i, now_ += apart) {
      std::vector<Region> found(static_cast<std::size_t>(regions(random_)));
      for (Region& region : found) {
        region.label = table(random_) ? "table" : "text";
        region.score = static_cast<float>(std::clamp(scores(random_), 0.0, 1.0));
      }
      drift.Observe(found, now_);
    }
    return *this;
  }

  DetectionDrift drift;

 private:
  std::mt19937 random_{7};
  TimePoint now_;
};

TEST(DetectionDrift, IsNoneWhilePagesStayAsTheyWere) {
  DriftOf pages;

  for (int i = 0; i < 20; ++i) {
    pages.Add(100, {});
    EXPECT_EQ(pages.drift.Judge().status, Status::kHealthy) << pages.drift.score();
  }
  EXPECT_TRUE(pages.drift.has_baseline());
}

TEST(DetectionDrift, NeedsTheFirstHoursAndPagesBeforeItSaysAnything) {
  DriftOf pages;

  pages.Add(150, {}, hours(1)).Add(49, {.regions = 0});
  EXPECT_FALSE(pages.drift.has_baseline()) << "the hours are over, the pages not";
  EXPECT_EQ(pages.drift.score(), 0);

  pages.Add(1, {});
  EXPECT_TRUE(pages.drift.has_baseline());
}

TEST(DetectionDrift, SeesPagesThatBecomeEmpty) {
  DriftOf pages;

  pages.Add(1000, {}).Add(250, {.regions = 0.01});

  EXPECT_EQ(pages.drift.Judge().status, Status::kWarning);
  EXPECT_GT(pages.drift.recent().empty_share, 0.4);
}

TEST(DetectionDrift, SeesAModelThatBecomesUnsure) {
  EXPECT_EQ(DriftOf().Add(1000, {}).Add(250, {.score = 0.6}).drift.Judge().status, Status::kWarning);
}

TEST(DetectionDrift, SeesLabelsThatBecomeOthers) {
  EXPECT_EQ(DriftOf().Add(1000, {}).Add(500, {.tables = 0.6}).drift.Judge().status, Status::kWarning);
}

TEST(DetectionDrift, IsOverWhenPagesAreAsTheyWere) {
  DriftOf pages;

  pages.Add(1000, {}).Add(500, {.score = 0.6}).Add(500, {});

  EXPECT_EQ(pages.drift.Judge().status, Status::kHealthy) << pages.drift.score();
}

TEST(DetectionDrift, BeginsAnewWithAnotherModel) {
  DriftOf pages;
  pages.Add(1000, {});

  pages.drift.Reset();
  pages.Add(500, {.regions = 3, .score = 0.6});

  EXPECT_EQ(pages.drift.Judge().status, Status::kHealthy);
  EXPECT_EQ(pages.drift.first().pages, 500U - 139U) << "until six hours were over";
}

TEST(DetectionDrift, KeepsABoundedNumberOfLabels) {
  DetectionDrift drift({});
  for (int i = 0; i < 1000; ++i) {
    drift.Observe({{.label = "label" + std::to_string(i), .score = 1}}, TimePoint());
  }

  const auto shares = drift.recent().label_shares;

  EXPECT_LE(shares.size(), 65U);
  EXPECT_TRUE(shares.contains("other"));
}

TEST(DetectionDrift, TellsWhatPagesHave) {
  DetectionDrift drift({});
  drift.Observe({{.label = "text", .score = 0.8F}, {.label = "table", .score = 0.6F}}, TimePoint());
  drift.Observe({}, TimePoint());

  const DetectionDrift::Statistics recent = drift.recent();

  EXPECT_EQ(recent.pages, 2U);
  EXPECT_DOUBLE_EQ(recent.regions_per_page, 1);
  EXPECT_NEAR(recent.mean_score, 0.7, 1e-6);
  EXPECT_DOUBLE_EQ(recent.empty_share, 0.5);
  EXPECT_DOUBLE_EQ(recent.label_shares.at("table"), 0.5);
}

}  // namespace
}  // namespace doclayout::health
