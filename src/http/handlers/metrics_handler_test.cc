#include "http/handlers/metrics_handler.h"

#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

using Format = metrics::Registry::Format;

TEST(MetricsFormat, IsPlainTextUnlessAskedFor) {
  for (const char* accept : {"", "*/*", "text/plain", "application/json", "application/openmetrics-text;q=0",
                             "application/openmetrics-text;q=0.2,text/plain;q=0.5", "application/openmetrics-text;q=x",
                             "application/openmetrics-text;version=2.0.0"}) {
    EXPECT_EQ(NegotiateMetricsFormat(accept), Format::kPrometheusText) << accept;
  }
}

TEST(MetricsFormat, IsOpenMetricsForPrometheus) {
  EXPECT_EQ(NegotiateMetricsFormat("application/openmetrics-text"), Format::kOpenMetrics);
  EXPECT_EQ(NegotiateMetricsFormat("application/openmetrics-text;version=1.0.0;q=0.5,"
                                   "application/openmetrics-text;version=0.0.1;q=0.4,"
                                   "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
            Format::kOpenMetrics);
  EXPECT_EQ(NegotiateMetricsFormat("application/openmetrics-text;version=2.0.0,"
                                   "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                                   "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
            Format::kOpenMetrics);
}

}  // namespace
}  // namespace doclayout::http
