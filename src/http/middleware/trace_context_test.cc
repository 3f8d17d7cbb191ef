#include "http/middleware/trace_context.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace doclayout::http {
namespace {

constexpr std::string_view kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view kParent = "b7ad6b7169203331";

std::string Traceparent(std::string_view version, std::string_view trace, std::string_view parent,
                        std::string_view flags) {
  return fmt::format("{}-{}-{}-{}", version, trace, parent, flags);
}

TEST(TraceContext, GivesTheTraceId) {
  EXPECT_EQ(TraceIdOf(Traceparent("00", kTrace, kParent, "01")), kTrace);
  EXPECT_EQ(TraceIdOf(Traceparent("cc", kTrace, kParent, "01-what-the-future-brings")), kTrace);
}

TEST(TraceContext, IgnoresWhatIsNotValid) {
  const std::string zeros(32, '0');
  for (const std::string& text : {
           std::string(),
           std::string("rubbish"),
           Traceparent("ff", kTrace, kParent, "01"),
           Traceparent("00", zeros, kParent, "01"),
           Traceparent("00", kTrace, "0000000000000000", "01"),
           Traceparent("00", kTrace, kParent, "01-more"),
           Traceparent("cc", kTrace, kParent, "01more"),
           Traceparent("0g", kTrace, kParent, "01"),
           Traceparent("00", "0AF7651916CD43DD8448EB211C80319C", kParent, "01"),
       }) {
    EXPECT_FALSE(TraceIdOf(text)) << text;
  }
}

}  // namespace
}  // namespace doclayout::http
