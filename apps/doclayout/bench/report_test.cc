#include "bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace doclayout::bench {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile = "<script>alert('x')</script>\x1b[2J\xff";

StepResult MakeStep(double rate) {
  StepResult step{.plan = {.rate = rate, .warm_up_s = 1, .duration_s = 10}, .measured_s = 10, .ok_within = 90};
  step.counts.at(static_cast<std::size_t>(Outcome::kOk)) = 90;
  step.counts.at(static_cast<std::size_t>(Outcome::kRefused)) = 7;
  step.counts.at(static_cast<std::size_t>(Outcome::kReset)) = 3;
  for (int i = 1; i <= 90; ++i) {
    step.ok.Record(milliseconds(10 * i));
    step.ok_from_send.Record(milliseconds(i));
  }
  step.refused.Record(milliseconds(2));
  step.refused_from_send.Record(milliseconds(1));
  step.least_retry_s = 1;
  step.most_retry_s = 4;
  step.examples[Outcome::kRefused] = {.status = 503, .detail = kHostile};
  step.examples[Outcome::kReset] = {.detail = "Recv failure"};
  step.service = {.inference_s = 0.1, .busy = 1.8};
  return step;
}

/// Of a service that writes hostile things wherever it can.
Report MakeReport() {
  Report report{.program = "doclayout 1.2.3 (abc)",
                .started = "2026-01-31T12:00:00Z",
                .url = "http://host/analyze?a=<b>",
                .version = VersionFacts{.version = kHostile, .model_name = kHostile, .runtime = kHostile},
                .slots = 2,
                .pages = 3,
                .page_bytes = 3000,
                .body = "raw",
                .arrivals = "poisson",
                .seed = 1,
                .timeout_s = 30,
                .steps = {MakeStep(10), MakeStep(20)}};
  for (int second = 0; second < 22; ++second) {
    report.moments.push_back({.start_s = static_cast<double>(second),
                              .length_s = 1,
                              .step = second / 11,
                              .due = 10,
                              .ok = 9,
                              .refused = 1,
                              .p50_s = 0.1,
                              .p95_s = 0.2,
                              .p99_s = 0.3,
                              .slots_busy = 2,
                              .queued = 1});
  }
  report.suggestion = Suggest(report.steps, {.objectives = report.objectives, .slots = 2});
  report.notes = FindNotes(report, true);
  return report;
}

TEST(TextReport, HasARowAStepAndAnExampleOfEachError) {
  const std::string text = TextReport(MakeReport());

  EXPECT_THAT(text, HasSubstr("LOAD  OFFERED/S  OK/S"));
  EXPECT_THAT(text, HasSubstr("10/s         10     9  450 ms"));
  EXPECT_THAT(text, HasSubstr("CONNECTION RESET"));
  EXPECT_THAT(text, Not(HasSubstr("EXPIRED")));
  EXPECT_THAT(text, HasSubstr("90 % answered well, under 99 %"));
  EXPECT_THAT(text, HasSubstr("refused (503), for example: <script>"));
  EXPECT_THAT(text, HasSubstr("connection reset, for example: Recv failure"));
  EXPECT_THAT(text, HasSubstr("No rate that was tried is sustainable"));
}

TEST(TextReport, IsSafeForATerminal) {
  const std::string text = TextReport(MakeReport());

  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
}

TEST(JsonReport, HasEveryOutcomeOfEveryStep) {
  const auto json = nlohmann::json::parse(JsonReport(MakeReport()));

  ASSERT_EQ(json["steps"].size(), 2U);
  const auto& step = json["steps"][0];
  EXPECT_EQ(step["outcomes"].size(), kOutcomes);
  std::uint64_t sum = 0;
  for (const auto& count : step["outcomes"]) sum += count.get<std::uint64_t>();
  EXPECT_EQ(sum, step["requests"]);
  EXPECT_EQ(step["outcomes"]["refused"], 7);
  EXPECT_EQ(step["ok_per_s"], 9);
  EXPECT_NEAR(step["latency_s"]["p50"].get<double>(), 0.45, 0.002);
  EXPECT_NEAR(step["latency_from_send_s"]["p50"].get<double>(), 0.045, 0.0002);
  EXPECT_NEAR(step["refusal_latency_s"]["p50"].get<double>(), 0.002, 0.00001);
  EXPECT_NEAR(step["refusal_latency_from_send_s"]["p50"].get<double>(), 0.001, 0.00001);
  EXPECT_EQ(step["retry_after_s"]["max"], 4);
  EXPECT_FALSE(step["held"].get<bool>());
  EXPECT_EQ(json["timeline"].size(), 22U);
  EXPECT_EQ(json["service"]["slots"], 2);
  EXPECT_EQ(json["suggestion"]["sustainable_per_s"], nullptr);
}

TEST(JsonReport, OfARunThatMeasuredNothingIsJsonToo) {
  const auto json = nlohmann::json::parse(JsonReport(Report{}));

  EXPECT_EQ(json["steps"].size(), 0U);
  EXPECT_EQ(json["service"]["slots"], nullptr);
}

TEST(HtmlReport, NeedsNothingButItself) {
  const std::string html = HtmlReport(MakeReport());

  for (const char* foreign : {"<script", "src=", "<link", "<iframe", "@import", "url(", "onload"}) {
    EXPECT_THAT(html, Not(HasSubstr(foreign)));
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("<meta charset=\"utf-8\">"));
}

TEST(HtmlReport, EscapesWhatStrangersWrite) {
  const std::string html = HtmlReport(MakeReport());

  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
  EXPECT_THAT(html, HasSubstr("a=&lt;b&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
}

TEST(HtmlReport, HasTheTablesAndAllPlots) {
  const std::string html = HtmlReport(MakeReport());

  for (const char* title : {"Latency by offered rate", "Answers by offered rate", "Latency of good answers over time",
                            "Throughput, refusals and failures over time",
                            "Requests on their way and busy slots over time", "Latency distribution of each step"}) {
    EXPECT_THAT(html, HasSubstr(std::string("<figcaption>") + title));
  }
  EXPECT_THAT(html, HasSubstr("<td>10/s</td>"));
  EXPECT_THAT(html, HasSubstr("<td>1 to 4 s</td>"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(HtmlReport, StaysSmallHoweverLongTheRunWas) {
  Report report = MakeReport();
  const Moment moment = report.moments.back();
  for (int second = 22; second < 7200; ++second) {
    report.moments.push_back(moment);
    report.moments.back().start_s = second;
  }

  EXPECT_LT(HtmlReport(report).size(), 200'000U);
}

TEST(Notes, SayWhatToKeepInMind) {
  Report report = MakeReport();
  report.interrupted = true;
  report.slots.reset();
  report.steps[0].held_back = 5;
  report.steps[1].generator_cpu = 0.97;
  for (int i = 0; i < 1000; ++i) report.steps[1].late.Record(milliseconds(800));

  const auto notes = FindNotes(report, true);

  EXPECT_THAT(notes, testing::Contains(HasSubstr("was interrupted")));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("share this machine")));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("5 requests were sent late and 0 not at all")));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("97 % of one processor")));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("the generator fell behind: it sent requests 800 ms late")));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("fewer than 500 answers")));
  EXPECT_THAT(notes, testing::Contains(HasSubstr("does not tell its slots")));
}

}  // namespace
}  // namespace doclayout::bench
