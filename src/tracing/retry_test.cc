#include "tracing/retry.h"

#include <gtest/gtest.h>

namespace doclayout::tracing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Retry, OfWhatMayPassOnly) {
  for (const int status : {429, 502, 503, 504}) {
    EXPECT_TRUE(WaitBeforeRetry({.status = status}, 1, 0, {})) << status;
  }
  for (const int status : {301, 400, 401, 404, 413, 500, 501}) {
    EXPECT_FALSE(WaitBeforeRetry({.status = status}, 1, 0, {})) << status;
  }
  EXPECT_TRUE(WaitBeforeRetry({.may_pass = true}, 1, 0, {}));
  EXPECT_FALSE(WaitBeforeRetry({.may_pass = false}, 1, 0, {}));
}

TEST(Retry, EndsAfterSoManyAttempts) {
  const Answer answer{.status = 503};

  EXPECT_TRUE(WaitBeforeRetry(answer, 4, 0, {.attempts = 5}));
  EXPECT_FALSE(WaitBeforeRetry(answer, 5, 0, {.attempts = 5}));
}

TEST(Retry, WaitsTwiceAsLongEachTimeAndNeverTooLong) {
  const Answer answer{.status = 503};
  const RetryOptions options{.attempts = 1000, .backoff = seconds(1), .longest_wait = seconds(10)};

  EXPECT_EQ(WaitBeforeRetry(answer, 1, 1, options), seconds(1));
  EXPECT_EQ(WaitBeforeRetry(answer, 2, 1, options), seconds(2));
  EXPECT_EQ(WaitBeforeRetry(answer, 4, 1, options), seconds(8));
  EXPECT_EQ(WaitBeforeRetry(answer, 5, 1, options), seconds(10));
  EXPECT_EQ(WaitBeforeRetry(answer, 999, 1, options), seconds(10));
}

TEST(Retry, SpreadsItsWaits) {
  EXPECT_EQ(WaitBeforeRetry({.status = 503}, 1, 0, {.backoff = seconds(1)}), milliseconds(500));
  EXPECT_EQ(WaitBeforeRetry({.status = 503}, 1, 0.5, {.backoff = seconds(1)}), milliseconds(750));
}

TEST(Retry, WaitsAsLongAsTheServerAsksForWithinABound) {
  const RetryOptions options{.backoff = seconds(2), .longest_wait = seconds(10)};

  EXPECT_EQ(WaitBeforeRetry({.status = 429, .retry_after = seconds(7)}, 1, 1, options), seconds(7));
  EXPECT_EQ(WaitBeforeRetry({.status = 429, .retry_after = seconds(1)}, 1, 1, options), seconds(2));
  EXPECT_EQ(WaitBeforeRetry({.status = 429, .retry_after = seconds(3600)}, 1, 1, options), seconds(10));
}

}  // namespace
}  // namespace doclayout::tracing
