#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::metrics {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using Format = Registry::Format;

constexpr Exemplar kTrace{
    {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c}};

TEST(Registry, ExposesSeriesOfOneNameTogether) {
  Registry registry;
  registry.AddCounter("a_total", "Counts a", {{"kind", "x\"\n"}}).Increment(2);
  registry.AddGauge("b", "Holds b").Set(0.5);
  registry.AddCounter("a_total", "Counts a", {{"kind", "y"}});

  const std::string text = registry.Expose(Format::kPrometheusText);

  EXPECT_EQ(text,
            "# HELP a_total Counts a\n# TYPE a_total counter\na_total{kind=\"x\\\"\\n\"} 2\na_total{kind=\"y\"} 0\n"
            "# HELP b Holds b\n# TYPE b gauge\nb 0.5\n");
}

TEST(Registry, ExposesHistogramsSummedUp) {
  Registry registry;
  Histogram& histogram = registry.AddHistogram("h_seconds", "Times", {0.1, 1}, {{"a", "b"}});
  histogram.Observe(0.05);
  histogram.Observe(0.5);

  const std::string text = registry.Expose(Format::kPrometheusText);

  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{a=\"b\",le=\"0.1\"} 1\nh_seconds_bucket{a=\"b\",le=\"1\"} 2\n"
                              "h_seconds_bucket{a=\"b\",le=\"+Inf\"} 2\n"
                              "h_seconds_sum{a=\"b\"} 0.55\nh_seconds_count{a=\"b\"} 2\n"));
}

TEST(Registry, OpenMetricsEndsWithItsMarkAndNamesFamiliesWithoutSuffix) {
  Registry registry;
  registry.AddCounterFunction("cpu_seconds_total", "CPU", {}, [] { return 1.5; });
  registry.AddInfo("build_info", "Build", {{"version", "1"}});

  const std::string text = registry.Expose(Format::kOpenMetrics);

  EXPECT_EQ(text,
            "# HELP cpu_seconds CPU\n# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\ncpu_seconds_total 1.5\n"
            "# HELP build Build\n# TYPE build info\nbuild_info{version=\"1\"} 1\n# EOF\n");
}

TEST(Registry, PrometheusTextKnowsNoInfo) {
  Registry registry;
  registry.AddInfo("build_info", "Build", {{"version", "1"}});

  EXPECT_EQ(registry.Expose(Format::kPrometheusText),
            "# HELP build_info Build\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n");
}

TEST(Registry, OpenMetricsTellsLimitsAndUnitsOfHistograms) {
  Registry registry;
  registry.AddHistogram("h_seconds", "Times", {0.1, 1});
  registry.AddHistogram("batch", "Sizes", {1});

  const std::string text = registry.Expose(Format::kOpenMetrics);

  EXPECT_THAT(text, HasSubstr("# TYPE h_seconds histogram\n# UNIT h_seconds seconds\nh_seconds_bucket{le=\"0.1\"} 0\n"
                              "h_seconds_bucket{le=\"1.0\"} 0\nh_seconds_bucket{le=\"+Inf\"} 0\nh_seconds_sum 0\n"
                              "h_seconds_count 0\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE batch histogram\nbatch_bucket"));
}

TEST(Registry, EscapesHelpAsEachFormatWants) {
  Registry registry;
  registry.AddGauge("a", "\"one\"\nback\\slash");

  EXPECT_THAT(registry.Expose(Format::kPrometheusText), HasSubstr("# HELP a \"one\"\\nback\\\\slash\n"));
  EXPECT_THAT(registry.Expose(Format::kOpenMetrics), HasSubstr("# HELP a \\\"one\\\"\\nback\\\\slash\n"));
}

TEST(Registry, ExposesExemplarsInOpenMetricsOnly) {
  Registry registry;
  registry.AddHistogram("h_seconds", "Times", {0.1, 1}).Observe(0.5, kTrace);

  EXPECT_THAT(registry.Expose(Format::kOpenMetrics),
              ContainsRegex("\nh_seconds_bucket\\{le=\"0.1\"\\} 0\nh_seconds_bucket\\{le=\"1.0\"\\} 1 # "
                            "\\{trace_id=\"0af7651916cd43dd8448eb211c80319c\"\\} 0.5 [0-9]{10}\\.[0-9]{3}\n"
                            "h_seconds_bucket\\{le=\"\\+Inf\"\\} 1\n"));
  EXPECT_THAT(registry.Expose(Format::kPrometheusText), Not(HasSubstr("trace_id")));
}

TEST(RegistryDeathTest, WhatWouldBeNoExpositionAborts) {
  Registry registry;
  registry.AddGauge("b", "Holds b");
  registry.AddHistogram("h", "Sizes", {1});
  registry.AddCounter("c_total", "Counts c");

  EXPECT_DEATH(registry.AddGauge("b", "Holds b"), "");
  EXPECT_DEATH(registry.AddCounter("without_suffix", "x"), "");
  EXPECT_DEATH(registry.AddInfo("without_suffix", "x", {}), "");
  EXPECT_DEATH(registry.AddGauge("1b", "x"), "");
  EXPECT_DEATH(registry.AddGauge("d", "x", {{"a-b", ""}}), "");
  EXPECT_DEATH(registry.AddGauge("d", "x", {{"a", ""}, {"a", ""}}), "");
  EXPECT_DEATH(registry.AddHistogram("d", "x", {1}, {{"le", ""}}), "");
}

TEST(RegistryDeathTest, ANameThatAnotherMetricsSamplesHaveAborts) {
  Registry registry;
  registry.AddHistogram("h", "Sizes", {1});
  registry.AddCounter("c_total", "Counts c");

  EXPECT_DEATH(registry.AddGauge("h_count", "x"), "");
  EXPECT_DEATH(registry.AddCounter("h_total", "x"), "");
  EXPECT_DEATH(registry.AddGauge("c", "x"), "");
}

}  // namespace
}  // namespace doclayout::metrics
