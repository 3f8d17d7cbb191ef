#include "bench/target.h"

#include <gtest/gtest.h>

namespace doclayout::bench {
namespace {

TEST(Target, AddsThePathsOfTheService) {
  for (const char* url :
       {"http://host:8000", "http://host:8000/", "http://host:8000/analyze", "http://host:8000/analyze/"}) {
    const auto target = ReadTarget(url, "threshold=0.3");

    ASSERT_TRUE(target) << url;
    EXPECT_EQ(target->analyze, "http://host:8000/analyze?threshold=0.3");
    EXPECT_EQ(target->metrics, "http://host:8000/metrics");
    EXPECT_EQ(target->version, "http://host:8000/version");
    EXPECT_FALSE(target->on_this_machine);
  }
  EXPECT_EQ(ReadTarget("https://host/layout/v1", "")->analyze, "https://host/layout/v1/analyze");
}

TEST(Target, ShowsNoPassword) {
  const auto target = ReadTarget("http://me:secret@host/", "");

  EXPECT_EQ(target->analyze, "http://me:secret@host/analyze");
  EXPECT_EQ(target->printable, "http://host/analyze");
}

TEST(Target, KnowsWhenItIsThisMachine) {
  EXPECT_TRUE(ReadTarget("http://localhost:1", "")->on_this_machine);
  EXPECT_TRUE(ReadTarget("http://127.0.0.1", "")->on_this_machine);
  EXPECT_TRUE(ReadTarget("http://[::1]:80", "")->on_this_machine);
}

TEST(Target, RefusesWhatIsNoSuchAddress) {
  EXPECT_EQ(ReadTarget("localhost:8000", "").error().code, ErrorCode::kBadParameter);
  EXPECT_EQ(ReadTarget("ftp://host", "").error().message,
            "the URL does not begin with http:// or https://; allowed is one like http://localhost:8000");
  EXPECT_FALSE(ReadTarget("http://host/?a=b", ""));
  EXPECT_FALSE(ReadTarget("http://", ""));
  EXPECT_FALSE(ReadTarget("http://host", "a=b c"));
  EXPECT_FALSE(ReadTarget("http://host", "a=b\r\nX: y"));
  EXPECT_FALSE(ReadTarget("http://host", "a#b"));
}

TEST(Target, TakesTheQueryAsItIs) {
  EXPECT_EQ(ReadTarget("http://host", "?a=%20b&c=1,2")->analyze, "http://host/analyze?a=%20b&c=1,2");
}

}  // namespace
}  // namespace doclayout::bench
