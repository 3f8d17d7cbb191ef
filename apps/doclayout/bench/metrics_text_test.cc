#include "bench/metrics_text.h"

#include <gtest/gtest.h>

namespace doclayout::bench {
namespace {

TEST(MetricsText, FindsWhatMatters) {
  const MetricsSample sample = ReadMetrics(
      "# HELP pp_doclayout_slots Inferences\n# TYPE pp_doclayout_slots gauge\npp_doclayout_slots 3\n"
      "pp_doclayout_slots_busy 2 1700000000\r\npp_doclayout_request_queue_length 7\n"
      "pp_doclayout_inference_latency_seconds_bucket{le=\"0.1\"} 4\n"
      "pp_doclayout_inference_latency_seconds_sum 1.5\npp_doclayout_inference_latency_seconds_count 10\n"
      "process_cpu_seconds_total 1e2\nprocess_resident_memory_bytes 1.048576e+06");

  EXPECT_EQ(sample.slots, 3);
  EXPECT_EQ(sample.slots_busy, 2);
  EXPECT_EQ(sample.queued, 7);
  EXPECT_EQ(sample.inference_s, 1.5);
  EXPECT_EQ(sample.inference_pages, 10);
  EXPECT_EQ(sample.cpu_s, 100);
  EXPECT_EQ(sample.resident_bytes, 1048576);
}

TEST(MetricsText, SkipsWhatItDoesNotUnderstand) {
  const MetricsSample sample = ReadMetrics(
      "<html>\npp_doclayout_slots\npp_doclayout_slots_busy many\npp_doclayout_slots_total 9\n"
      "pp_doclayout_request_queue_length NaN\n\n \n");

  EXPECT_FALSE(sample.slots);
  EXPECT_FALSE(sample.slots_busy);
  EXPECT_FALSE(sample.queued);
}

TEST(MetricsText, ReadsTheVersionAsFarAsItIsThere) {
  const VersionFacts facts = ReadVersion(R"({"version": "1.2", "model": {"name": "m"}, "runtime": 7})");

  EXPECT_EQ(facts.version, "1.2");
  EXPECT_EQ(facts.model_name, "m");
  EXPECT_EQ(facts.runtime, "");
  EXPECT_EQ(ReadVersion("not JSON").version, "");
  EXPECT_EQ(ReadVersion("[1]").version, "");
  EXPECT_EQ(ReadVersion(R"({"version": "1.2", "model": "m"})").model_name, "");
}

TEST(ServiceWatch, TellsMeansOfWhatGrew) {
  ServiceWatch watch;
  watch.Add(
      {.at_s = 1, .slots = 2, .slots_busy = 1, .queued = 4, .inference_s = 10, .inference_pages = 100, .cpu_s = 50});
  watch.Add(
      {.at_s = 3, .slots = 2, .slots_busy = 2, .queued = 1, .inference_s = 13, .inference_pages = 120, .cpu_s = 54});

  const ServiceUse use = watch.Use();

  EXPECT_DOUBLE_EQ(use.inference_s.value(), 0.15);
  EXPECT_DOUBLE_EQ(use.busy.value(), 1.5);
  EXPECT_EQ(use.most_queued, 4);
  EXPECT_DOUBLE_EQ(use.processors.value(), 2);
}

TEST(ServiceWatch, DoesNotTakeAnotherServicesTimeForThatInASlot) {
  ServiceWatch watch;
  watch.Add({.at_s = 1, .inference_s = 10, .inference_pages = 100});
  watch.Add({.at_s = 2, .inference_s = 20, .inference_pages = 110});

  EXPECT_FALSE(watch.Use().inference_s);
  EXPECT_FALSE(watch.Use().busy);
}

TEST(ServiceWatch, KnowsNothingOfAServiceThatStartedAgain) {
  ServiceWatch watch;
  watch.Add({.at_s = 1, .slots = 2, .inference_s = 10, .inference_pages = 100, .cpu_s = 50});
  watch.Add({.at_s = 2, .slots = 2, .inference_s = 1, .inference_pages = 5, .cpu_s = 2});

  EXPECT_FALSE(watch.Use().inference_s);
  EXPECT_FALSE(watch.Use().processors);
  EXPECT_FALSE(ServiceWatch().Use().busy);
}

}  // namespace
}  // namespace doclayout::bench
