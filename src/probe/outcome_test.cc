#include "probe/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace doclayout::probe {
namespace {

using health::Status;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Failing, AreTheUnhealthyChecksInTheOrderOfNames) {
  const Outcome outcome{.verdict = Verdict::kUnhealthy,
                        .checks = {{.name = "b", .status = Status::kUnhealthy},
                                   {.name = "w", .status = Status::kWarning},
                                   {.name = "a", .status = Status::kUnhealthy}}};

  EXPECT_THAT(Failing(outcome), ElementsAre("a", "b"));
}

TEST(Failing, HasANameWhereNoCheckSaysIt) {
  EXPECT_THAT(Failing({.verdict = Verdict::kUnhealthy}), ElementsAre("deep_health"));
  EXPECT_THAT(Failing({.verdict = Verdict::kUnreachable}), ElementsAre("unreachable"));
}

TEST(Failing, IsNothingOfWhatIsNoFailure) {
  const std::vector<health::Check> checks = {{.name = "draining", .status = Status::kUnhealthy}};
  for (const Verdict verdict : {Verdict::kHealthy, Verdict::kWarning, Verdict::kDraining, Verdict::kStarting}) {
    EXPECT_THAT(Failing({.verdict = verdict, .checks = checks}), IsEmpty()) << VerdictName(verdict);
  }
}

TEST(OutcomeJson, HasTheShapeOfAReport) {
  const Outcome outcome{
      .verdict = Verdict::kWarning,
      .http_status = 200,
      .checks = {{.name = "inference_speed", .status = Status::kWarning, .details = "6.1 s", .value = 6.1, .unit = "s"},
                 {.name = "gpu_temperature", .status = Status::kNotApplicable}},
      .took = std::chrono::milliseconds(6100)};

  const auto json = nlohmann::json::parse(ToJson(outcome));

  EXPECT_EQ(json, nlohmann::json::parse(R"({"status": "warning", "http_status": 200, "ms": 6100.0, "checks": [
    {"name": "inference_speed", "status": "warning", "details": "6.1 s", "value": 6.1, "unit": "s"},
    {"name": "gpu_temperature", "status": "not_applicable", "details": ""}]})"));
}

TEST(OutcomeJson, TakesBytesThatAreNoText) {
  EXPECT_EQ(nlohmann::json::parse(ToJson({.reason = "\xff"})).at("reason"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace doclayout::probe
