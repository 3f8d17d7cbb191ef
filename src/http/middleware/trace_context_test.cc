#include "http/middleware/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace doclayout::http {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "b7ad6b7169203331";

TEST(TraceContext, GivesTheTraceId) {
  EXPECT_EQ(TraceIdOf("00-" + kTrace + "-" + kParent + "-01"), kTrace);
  EXPECT_EQ(TraceIdOf("cc-" + kTrace + "-" + kParent + "-01-what-the-future-brings"), kTrace);
}

TEST(TraceContext, IgnoresWhatIsNotValid) {
  const std::string zeros(32, '0');
  for (const std::string& text : {
           std::string(),
           std::string("rubbish"),
           "ff-" + kTrace + "-" + kParent + "-01",
           "00-" + zeros + "-" + kParent + "-01",
           "00-" + kTrace + "-" + zeros.substr(16) + "-01",
           "00-" + kTrace + "-" + kParent + "-01-more",
           "cc-" + kTrace + "-" + kParent + "-01more",
           "00_" + kTrace + "-" + kParent + "-01",
           "00-0AF7651916CD43DD8448EB211C80319C-" + kParent + "-01",
       }) {
    EXPECT_FALSE(TraceIdOf(text)) << text;
  }
}

}  // namespace
}  // namespace doclayout::http
